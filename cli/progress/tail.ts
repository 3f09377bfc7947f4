import { StringDecoder } from "node:string_decoder";
import { harmless } from "./width.ts";

const MAX_LINES = 6;
/** More than any terminal is wide; the rest of a longer line cannot be seen anyway. */
const MAX_LINE = 2000;
/** Of a chunk, whatever its size, this many bytes at the end decide the last lines. */
const LOOK_BACK = 16 << 10;

type Stream = "stdout" | "stderr";

/** The last lines of a step's output, as text safe to show on a terminal. */
export class Tail {
  readonly #decoders = { stdout: new StringDecoder("utf8"), stderr: new StringDecoder("utf8") };
  readonly #partial: Record<Stream, string> = { stdout: "", stderr: "" };
  #lines: readonly string[] = [];

  push(stream: Stream, data: Uint8Array): void {
    const before = data.byteLength > LOOK_BACK ? "" : this.#partial[stream];
    const lines = (before + this.#decoders[stream].write(data.subarray(-LOOK_BACK))).split("\n");
    this.#partial[stream] = (lines.pop() ?? "").slice(-MAX_LINE);
    const visible = lines.map(harmless).filter((line) => line.trim() !== "");
    this.#lines = [...this.#lines, ...visible.map((line) => line.slice(0, MAX_LINE))].slice(-MAX_LINES);
  }

  /** Oldest first, unfinished lines last. */
  get lines(): readonly string[] {
    const partial = [this.#partial.stdout, this.#partial.stderr]
      .map(harmless)
      .filter((line) => line.trim() !== "");
    return [...this.#lines, ...partial].slice(-MAX_LINES);
  }
}
