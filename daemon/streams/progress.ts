import { messageOf } from "../../core/errors.ts";
import type { Stream } from "../http/call.ts";

/** A line of what the Engine API calls a stream of progress messages: Docker Engine API 1.51 "JSONMessage". */
export interface ProgressMessage {
  readonly status?: string;
  readonly id?: string;
  readonly stream?: string;
  readonly progressDetail?: { readonly current?: number; readonly total?: number };
  /** What a program is told, beside what people are. */
  readonly aux?: unknown;
}

type Write = (message: ProgressMessage) => void;

/**
 * The answer of work that tells how it goes: one JSON document per line. Rejects with what the work rejects with before it has said anything, so
 * that it gets a status of its own; later failures are the last line.
 */
export async function progressAnswer(work: (write: Write) => Promise<void>): Promise<Stream<200>> {
  const lines = new Lines();
  const done = work((message) => lines.add(message)).then(
    () => lines.end(),
    (error: unknown) => {
      if (lines.untouched) throw error;
      const message = messageOf(error);
      lines.add({ errorDetail: { message }, error: message });
      lines.end();
    },
  );
  await Promise.race([lines.begun, done]);
  return { status: 200, headers: { "content-type": "application/json" }, stream: lines.read() };
}

type Line = ProgressMessage & {
  readonly errorDetail?: { readonly message: string };
  readonly error?: string;
};

/** Lines between a writer that never waits and a reader that may: of moving bytes only the newest count is kept. */
class Lines {
  #waiting: Line[] = [];
  #ended = false;
  #untouched = true;
  #wake = (): void => undefined;
  #begin = (): void => undefined;
  readonly begun = new Promise<void>((resolve) => {
    this.#begin = resolve;
  });

  get untouched(): boolean {
    return this.#untouched;
  }

  add(line: Line): void {
    this.#untouched = false;
    this.#begin();
    const at = this.#waiting.findLastIndex(({ id }) => id === line.id);
    if (at >= 0 && isCount(line) && isCount(this.#waiting[at])) this.#waiting[at] = line;
    else this.#waiting.push(line);
    this.#wake();
  }

  end(): void {
    this.#ended = true;
    this.#wake();
  }

  async *read(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const lines = this.#waiting;
      this.#waiting = [];
      if (lines.length > 0) yield Buffer.from(lines.map((line) => `${JSON.stringify(line)}\r\n`).join(""));
      else if (this.#ended) return;
      else
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
    }
  }
}

const isCount = (line: Line | undefined): boolean =>
  line?.id !== undefined && line.progressDetail?.current !== undefined;
