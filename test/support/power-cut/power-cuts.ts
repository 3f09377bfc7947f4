import { execFileSync } from "node:child_process";
import { closeSync, openSync, readSync, writeSync } from "node:fs";
import type { Scratch } from "../scratch.ts";
import { type LogEntry, type LoggedWrite, readLog } from "./disk-log.ts";

/** What becomes of the writes after the last flush. */
export const LOSSES = ["all", "some", "none"] as const;
export type Loss = (typeof LOSSES)[number];

/** A number in [0, 1). */
type Random = () => number;

/** What a disk writes wholly or not at all. */
const PIECE = 4096;

/** The disk of a LoggedDisk as power cuts leave it, at later and later points. */
export class PowerCuts implements Disposable {
  readonly #entries: readonly LogEntry[];
  readonly #log: number;
  readonly #durable: string;
  /** What is in `#durable`. */
  #flushed = 0;

  /** `scratch` is where the disk was made. */
  constructor(scratch: Scratch) {
    this.#entries = readLog(scratch.join("log"));
    this.#log = openSync(scratch.join("log"), "r");
    this.#durable = scratch.join("durable");
    copyDisk(scratch.join("base"), this.#durable);
  }

  /** `count` points between two positions of the log, spread over what happened there, each by chance within its part. */
  points(count: number, from: number, to: number, random: Random): readonly number[] {
    const ends = this.#entries.map(({ end }) => end).filter((end) => end > from && end <= to);
    return Array.from({ length: count }, (_, i) => {
      const at = Math.floor((ends.length * (i + random())) / count);
      return ends[at] ?? to;
    });
  }

  /** Writes the disk of a cut at `position`, which is not before that of the last call, to a file. */
  write(to: string, position: number, loss: Loss, random: Random): void {
    const done = this.#entries.filter(({ end }) => end <= position);
    const flushed = done.findLastIndex(({ write }) => write === undefined) + 1;
    this.#apply(this.#durable, writesOf(done.slice(this.#flushed, flushed)), () => true);
    this.#flushed = Math.max(flushed, this.#flushed);
    copyDisk(this.#durable, to);
    const kept = { all: () => false, some: () => random() < 0.5, none: () => true }[loss];
    this.#apply(to, writesOf(done.slice(flushed)), kept);
  }

  #apply(path: string, writes: readonly LoggedWrite[], kept: () => boolean): void {
    const disk = openSync(path, "r+");
    const piece = Buffer.alloc(PIECE);
    for (const { offset, length, at } of writes)
      for (let done = 0; done < length; done += PIECE) {
        if (!kept()) continue;
        const size = readSync(this.#log, piece, 0, Math.min(PIECE, length - done), at + done);
        writeSync(disk, piece, 0, size, offset + done);
      }
    closeSync(disk);
  }

  [Symbol.dispose](): void {
    closeSync(this.#log);
  }
}

const writesOf = (entries: readonly LogEntry[]): readonly LoggedWrite[] =>
  entries.flatMap(({ write }) => write ?? []);

/** Mostly holes, which Node would fill. */
export const copyDisk = (from: string, to: string): unknown =>
  execFileSync("cp", ["--sparse=always", "--reflink=auto", from, to]);
