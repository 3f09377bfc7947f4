import type { BuildEvent } from "../../engine/api.ts";
import { type Frame, renderFrame } from "./frame.ts";
import type { Progress, ProgressStream } from "./progress.ts";
import { describeResult, describeStatus, describeWarnings, type Step, Steps } from "./steps.ts";
import { Tail } from "./tail.ts";
import { harmless } from "./width.ts";

const FRAME_MS = 80;
const ESC = "\x1b[";
const HIDE_CURSOR = `${ESC}?25l`;
const SHOW_CURSOR = `${ESC}?25h`;
const CLEAR_LINE_END = `${ESC}K`;
const CLEAR_BELOW = `${ESC}J`;

/**
 * The live view of a terminal: the steps with their times, the last lines of those that run. A frame is written in one piece over the one
 * before, so nothing flickers; the last frame stays and shows all steps.
 */
export class TtyProgress implements Progress {
  readonly #stream: ProgressStream;
  readonly #color: boolean;
  readonly #now: () => number;
  readonly #steps = new Steps();
  readonly #tails = new Map<Step, Tail>();
  readonly #statuses = new Map<Step, Map<string, string>>();
  readonly #timer: NodeJS.Timeout;
  #start: number | undefined;
  #height = 0;
  #closed = false;

  constructor(stream: ProgressStream, options: { readonly color: boolean; readonly now: () => number }) {
    this.#stream = stream;
    this.#color = options.color;
    this.#now = options.now;
    this.#timer = setInterval(() => this.draw(), FRAME_MS);
    this.#timer.unref();
    process.once("exit", this.#showCursor);
    process.on("SIGINT", this.#interrupted);
    this.#stream.write(HIDE_CURSOR);
  }

  report(event: BuildEvent): void {
    if ("time" in event) this.#start ??= event.time;
    const step = this.#steps.apply(event);
    if (step === undefined) return;
    if (event.type === "output") this.#tail(step).push(event.stream, event.data);
    if (event.type === "status") {
      const statuses = this.#statuses.get(step) ?? new Map<string, string>();
      statuses.set(event.name, describeStatus(event));
      this.#statuses.set(step, statuses);
    }
    // A failed step keeps its last lines in view; of the others nobody reads them any more.
    if (event.type === "finished" && event.error === undefined) {
      this.#tails.delete(step);
      this.#statuses.delete(step);
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#timer);
    const lines = renderFrame({ ...this.#frame(), rows: Number.POSITIVE_INFINITY, final: true });
    this.#write(lines);
    const { result, warnings } = this.#steps;
    const made = result === undefined ? [] : describeResult(result).map((line) => ` => ${line}`);
    const rest = [...made, ...describeWarnings(warnings)].map((line) => `${harmless(line)}\n`);
    this.#stream.write(`${rest.join("")}${SHOW_CURSOR}`);
    process.off("exit", this.#showCursor);
    process.off("SIGINT", this.#interrupted);
  }

  /** Draws the build as it is now; called by the clock. */
  draw(): void {
    if (!this.#closed && this.#start !== undefined) this.#write(renderFrame(this.#frame()));
  }

  #frame(): Frame {
    const now = this.#now();
    return {
      steps: this.#steps.all,
      linesOf: (step) => [
        ...(this.#statuses.get(step)?.values() ?? []),
        ...(this.#tails.get(step)?.lines ?? []),
      ],
      elapsedMs: now - (this.#start ?? now),
      now,
      columns: this.#stream.columns ?? 80,
      rows: this.#stream.rows ?? 24,
      color: this.#color,
      final: false,
    };
  }

  #write(lines: readonly string[]): void {
    const up = this.#height > 0 ? `${ESC}${this.#height}A` : "";
    const body = lines.map((line) => `${line}${CLEAR_LINE_END}\n`).join("");
    this.#stream.write(`\r${up}${body}${CLEAR_BELOW}`);
    this.#height = lines.length;
  }

  #tail(step: Step): Tail {
    const tail = this.#tails.get(step) ?? new Tail();
    this.#tails.set(step, tail);
    return tail;
  }

  readonly #showCursor = (): void => {
    this.#stream.write(SHOW_CURSOR);
  };
  /** Somebody else who listens stops the build and closes this; else the process ends here as it would have without us. */
  readonly #interrupted = (): void => {
    if (process.listenerCount("SIGINT") > 1) return;
    this.close();
    process.kill(process.pid, "SIGINT");
  };
}
