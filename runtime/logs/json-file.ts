import { stat } from "node:fs/promises";
import type { Abortable } from "../../core/streams.ts";
import { Changes } from "./changes.ts";
import { findTail, LineCursor } from "./lines.ts";
import { type LogFile, openLogFiles } from "./log-file.ts";
import type { LogEntry, LogQuery, LogReader } from "./log-reader.ts";

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

/** Reads the log a shim writes at `path`, with the older files it was rotated to: path.1 or path.1.gz, and so on. */
export function createJsonFileReader(path: string): LogReader {
  return {
    async *read(query, options) {
      const ended = watchEnd(options.ended);
      const files = await openLogFiles(path);
      options.opened?.();
      try {
        yield* select(query, options, readAll({ path, files, query, ended, options }));
      } finally {
        for (const file of files) await file.close();
      }
    },
  };
}

interface Reading {
  readonly path: string;
  /** Grows by the files that follow; whoever opened them closes them. */
  readonly files: LogFile[];
  readonly query: LogQuery;
  readonly ended: { readonly now: boolean; readonly promise: Promise<unknown> };
  readonly options: Abortable;
}

/** Where reading begins in each file; undefined in those it does not get to. */
async function startsOf(
  files: readonly LogFile[],
  tail: number | undefined,
): Promise<readonly (number | undefined)[]> {
  if (tail === undefined) return files.map(() => 0);
  const starts: (number | undefined)[] = [];
  let missing = tail;
  for (const each of files.toReversed()) {
    // The newest is read on from where it ends now.
    if (missing <= 0 && starts.length > 0) {
      starts.unshift(undefined);
      continue;
    }
    const file = await each.content();
    const { offset, lines } = await findTail(file, (await file.stat()).size, missing);
    missing -= lines;
    starts.unshift(offset);
  }
  return starts;
}

async function* readAll(reading: Reading): AsyncGenerator<readonly Buffer[]> {
  const { files, query } = reading;
  const starts = await startsOf(files, query.tail);
  // The files that follow join the list meanwhile.
  const found = files.length;
  for (const [index, start] of starts.slice(0, -1).entries())
    if (start !== undefined) yield* readFrom(files[index], start);
  const cursor = await cursorOf(files[found - 1], starts.at(-1));
  if (!query.follow) yield* cursor?.read() ?? [];
  else yield* follow(reading, cursor, new Changes(reading.path));
}

async function* readFrom(file: LogFile | undefined, start: number): AsyncGenerator<readonly Buffer[]> {
  yield* (await cursorOf(file, start))?.read() ?? [];
}

const cursorOf = async (file: LogFile | undefined, start = 0): Promise<LineCursor | undefined> =>
  file === undefined ? undefined : new LineCursor(await file.content(), start);

/** Reads the newest of the files and those that take its place until the writer has ended. */
async function* follow(
  { path, files, ended, options }: Reading,
  first: LineCursor | undefined,
  changes: Changes,
): AsyncGenerator<readonly Buffer[]> {
  using _changes = changes;
  let cursor = first;
  const stop = Promise.race([ended.promise, aborted(options.signal)]);
  for (;;) {
    options.signal?.throwIfAborted();
    // Asked before reading: what was written before the end is then read.
    const last = ended.now;
    const changed = changes.next();
    const replaced = await isReplaced(path, files.at(-1));
    if (cursor !== undefined) yield* cursor.read();
    const next = replaced ? await successors(path, files.at(-1)) : [];
    for (const file of next) {
      files.push(file);
      cursor = await cursorOf(file);
      if (file !== next.at(-1)) yield* cursor?.read() ?? [];
    }
    if (next.length > 0) continue;
    if (last) return;
    await Promise.race([changed, stop]);
  }
}

async function isReplaced(path: string, current: LogFile | undefined): Promise<boolean> {
  if (current === undefined) return true;
  const ino = (await stat(path).catch(() => undefined))?.ino;
  return ino !== (await (await current.content()).stat()).ino;
}

/** The files that came after one, oldest first; all there are when it is none of them any more. The caller closes them. */
async function successors(path: string, current: LogFile | undefined): Promise<readonly LogFile[]> {
  const files = await openLogFiles(path);
  const identity = (await current?.identity()) ?? "";
  const identities = await Promise.all(files.map((file) => file.identity()));
  const at = identity === "" ? -1 : identities.indexOf(identity);
  for (const file of files.slice(0, at + 1)) await file.close();
  return files.slice(at + 1);
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
