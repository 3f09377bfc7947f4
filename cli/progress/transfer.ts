import type { TransferEvent } from "../../engine/api.ts";
import { humanSize } from "../format/units.ts";
import type { ProgressStream } from "./progress.ts";
import { clip, harmless } from "./width.ts";

/** Shows the progress of pulls and pushes. */
export interface TransferProgress {
  report(event: TransferEvent): void;
  close(): void;
}

/** On a terminal one line per layer that changes in place; elsewhere a line per change of state, as docker's client writes them. */
export function transferProgress(stream: ProgressStream, quiet = false): TransferProgress {
  if (quiet) return { report: () => undefined, close: () => undefined };
  return stream.isTTY === true ? new LiveTransfer(stream) : plainTransfer(stream);
}

const prefix = ({ id }: TransferEvent): string => (id === undefined ? "" : `${id}: `);

function plainTransfer(stream: ProgressStream): TransferProgress {
  return {
    report: (event) => {
      if (event.current === undefined) stream.write(`${harmless(prefix(event) + event.status)}\n`);
    },
    close: () => undefined,
  };
}

const ESC = "\x1b[";

class LiveTransfer implements TransferProgress {
  readonly #stream: ProgressStream;
  /** Row of each layer, counted from the first line of the group. */
  #rows = new Map<string, number>();

  constructor(stream: ProgressStream) {
    this.#stream = stream;
  }

  report(event: TransferEvent): void {
    const { id } = event;
    // Some terminals do not know their width and say 0.
    const columns = this.#stream.columns || 80;
    const line = clip(harmless(`${prefix(event)}${event.status}${bar(event, columns)}`), columns);
    if (id === undefined) {
      this.#rows = new Map();
      this.#stream.write(`${line}${ESC}K\n`);
      return;
    }
    const row = this.#rows.get(id);
    if (row === undefined) {
      this.#rows.set(id, this.#rows.size);
      this.#stream.write(`${line}${ESC}K\n`);
      return;
    }
    const up = this.#rows.size - row;
    this.#stream.write(`${ESC}${up}A\r${line}${ESC}K${"\n".repeat(up)}`);
  }

  close(): void {
    this.#rows = new Map();
  }
}

const BAR = 50;
/** Narrower terminals have no room for the bar beside the numbers. */
const BAR_COLUMNS = 110;

function bar({ current, total = 0 }: TransferEvent, columns: number): string {
  if (current === undefined) return "";
  if (total <= 0) return ` ${humanSize(current).padStart(8)}`;
  const filled = Math.min(Math.floor((current / total) * BAR), BAR);
  const box = columns > BAR_COLUMNS ? `[${"=".repeat(filled)}>${" ".repeat(BAR - filled)}] ` : "";
  return ` ${box}${humanSize(current).padStart(8)}/${humanSize(total)}`;
}
