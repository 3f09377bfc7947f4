import type { ByteStream } from "./streams.ts";

/** Enough to tell what a stream is: a tar names itself in its first header. */
const HEAD_BYTES = 512;
const MAGIC = ["1f8b", "28b52ffd", "fd377a585a00", "425a68"];

/** A tar has "ustar" in its first header; compressed ones begin with their format's magic number. */
export const looksLikeArchive = (head: Uint8Array): boolean => {
  const bytes = Buffer.from(head.buffer, head.byteOffset, head.byteLength);
  return (
    bytes.subarray(257, 262).toString("latin1") === "ustar" ||
    MAGIC.some((hex) => bytes.subarray(0, hex.length / 2).toString("hex") === hex)
  );
};

/** The beginning of a stream, and the stream with it. */
export async function peek(
  source: ByteStream,
): Promise<{ readonly head: Uint8Array; readonly stream: ByteStream }> {
  const iterator = source[Symbol.asyncIterator]();
  const chunks: Uint8Array[] = [];
  let size = 0;
  while (size < HEAD_BYTES) {
    const { value, done } = await iterator.next();
    if (done === true) break;
    chunks.push(value);
    size += value.byteLength;
  }
  const rest = { [Symbol.asyncIterator]: () => iterator };
  const stream = async function* (): AsyncGenerator<Uint8Array> {
    yield* chunks;
    yield* rest;
  };
  return { head: Buffer.concat(chunks), stream: stream() };
}
