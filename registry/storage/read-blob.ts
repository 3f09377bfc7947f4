import { createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import type { ByteRange } from "../../core/streams.ts";
import { READ_SIZE } from "./upload-files.ts";

/** A range is half open, as ByteRange says; fs counts the last byte in. */
export function readBlob(path: string, range?: ByteRange): Readable {
  const { start = 0, end } = range ?? {};
  return createReadStream(path, {
    highWaterMark: READ_SIZE,
    start,
    ...(end === undefined ? {} : { end: end - 1 }),
  });
}
