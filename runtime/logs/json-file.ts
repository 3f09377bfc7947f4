import { type FSWatcher, watch } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import type { Abortable } from "../../core/streams.ts";
import { findTail, LineCursor } from "./lines.ts";
import type { LogEntry, LogQuery, LogReader } from "./log-reader.ts";

/** How long a follower waits for a file event before it looks again all the same. */
const LOOK_AGAIN_MS = 500;

type Attributes = NonNullable<LogEntry["details"]>;

/** One line of Docker's json-file format: {"log":"text\n","stream":"stdout","time":"…"}. Undefined for a damaged one. */
export function parseEntry(line: Uint8Array): LogEntry | undefined {
  try {
    const { log, stream, time, attrs } = JSON.parse(Buffer.from(line).toString("utf8")) as Record<
      string,
      unknown
    >;
    if (typeof log !== "string" || typeof time !== "string") return undefined;
    if (stream !== "stdout" && stream !== "stderr") return undefined;
    const details = typeof attrs === "object" && attrs !== null ? { details: attrs as Attributes } : {};
    return { stream, time, line: Buffer.from(log), ...details };
  } catch {
    return undefined;
  }
}

/** Reads the log a shim writes at `path`, with the older files it was rotated to: path.1 and so on. */
export function createJsonFileReader(path: string): LogReader {
  return {
    async *read(query, options) {
      const ended = watchEnd(options.ended);
      const files = await openFiles(path);
      try {
        yield* select(query, options, readAll({ path, files, query, ended, options }));
      } finally {
        for (const { file } of files) await file.close();
      }
    },
  };
}

interface OpenFile {
  readonly file: FileHandle;
  readonly ino: number;
  readonly size: number;
}

async function openFile(path: string): Promise<OpenFile | undefined> {
  try {
    const file = await open(path, "r");
    const { ino, size } = await file.stat();
    return { file, ino, size };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** The log's files, oldest first. Rotation between two of the opens may give one twice. */
async function openFiles(path: string): Promise<OpenFile[]> {
  const files: OpenFile[] = [];
  for (let number = 0; ; number++) {
    const next = await openFile(number === 0 ? path : `${path}.${number}`);
    if (next === undefined) return files;
    if (files.some(({ ino }) => ino === next.ino)) await next.file.close();
    else files.unshift(next);
  }
}

interface Reading {
  readonly path: string;
  /** Grows by the files that follow; whoever opened them closes them. */
  readonly files: OpenFile[];
  readonly query: LogQuery;
  readonly ended: { readonly now: boolean; readonly promise: Promise<unknown> };
  readonly options: Abortable;
}

/** Where reading begins in each file. */
async function startsOf(files: readonly OpenFile[], tail: number | undefined): Promise<readonly number[]> {
  if (tail === undefined) return files.map(() => 0);
  const starts: number[] = [];
  let missing = tail;
  for (const { file, size } of files.toReversed()) {
    const { offset, lines } = await findTail(file, size, missing);
    missing -= lines;
    starts.unshift(offset);
  }
  return starts;
}

async function* readAll(reading: Reading): AsyncGenerator<readonly Buffer[]> {
  const { path, files, query } = reading;
  const starts = await startsOf(files, query.tail);
  for (const [index, { file }] of files.slice(0, -1).entries())
    yield* new LineCursor(file, starts[index] ?? 0).read();
  const newest = files.at(-1);
  if (newest !== undefined && !query.follow) yield* new LineCursor(newest.file, starts.at(-1) ?? 0).read();
  if (query.follow) yield* follow(reading, newest, starts.at(-1) ?? 0, new Changes(path));
}

/** Reads `current` and the files that take its place until the writer has ended. */
async function* follow(
  { path, files, ended, options }: Reading,
  first: OpenFile | undefined,
  start: number,
  changes: Changes,
): AsyncGenerator<readonly Buffer[]> {
  using _changes = changes;
  let current = first;
  let cursor = current === undefined ? undefined : new LineCursor(current.file, start);
  const stop = Promise.race([ended.promise, aborted(options.signal)]);
  for (;;) {
    options.signal?.throwIfAborted();
    // Asked before reading: what was written before the end is then read.
    const last = ended.now;
    const changed = changes.next();
    const replaced = current !== undefined && (await inodeOf(path)) !== current.ino;
    if (cursor !== undefined) yield* cursor.read();
    if (replaced || current === undefined) {
      const next = await openFile(path);
      if (next !== undefined) {
        files.push(next);
        current = next;
        cursor = new LineCursor(next.file, 0);
        continue;
      }
    }
    if (last) return;
    await Promise.race([changed, stop]);
  }
}

const inodeOf = async (path: string): Promise<number | undefined> =>
  (await stat(path).catch(() => undefined))?.ino;

/** Tells when something happens to a file. */
class Changes implements Disposable {
  #watcher: FSWatcher | undefined;
  #wake: () => void = () => undefined;

  constructor(path: string) {
    try {
      this.#watcher = watch(dirname(path), { persistent: false }, (_, name) => {
        if (name === basename(path)) this.#wake();
      });
      this.#watcher.on("error", () => undefined);
    } catch {
      // No inotify watch left (or no directory): looking again from time to time does it too.
    }
  }

  /** Resolves at the next change, or after a while. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, LOOK_AGAIN_MS);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  [Symbol.dispose](): void {
    this.#watcher?.close();
    this.#wake();
  }
}

function watchEnd(promise: Promise<unknown>): { readonly now: boolean; readonly promise: Promise<unknown> } {
  let now = false;
  const end = (): void => {
    now = true;
  };
  const settled = promise.then(end, end);
  return {
    get now() {
      return now;
    },
    promise: settled,
  };
}

function aborted(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => signal?.addEventListener("abort", () => resolve(), { once: true }));
}

/** Milliseconds tell entries apart well enough from a time a user gives. */
const timeOf = (entry: LogEntry): number => Date.parse(entry.time);

async function* select(
  query: LogQuery,
  { signal }: Abortable,
  batches: AsyncIterable<readonly Buffer[]>,
): AsyncGenerator<LogEntry> {
  for await (const batch of batches) {
    signal?.throwIfAborted();
    for (const line of batch) {
      const entry = parseEntry(line);
      if (entry === undefined || !query[entry.stream]) continue;
      if (query.since !== undefined && timeOf(entry) < query.since.getTime()) continue;
      if (query.until !== undefined && timeOf(entry) > query.until.getTime()) return;
      yield entry;
    }
  }
}
