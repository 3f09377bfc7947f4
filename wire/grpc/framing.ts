import { Failure } from "../../core/errors.ts";
import type { ByteStream } from "../../core/streams.ts";

/** What buildkit's clients and servers allow each other. */
export const MAX_MESSAGE = 16 << 20;
/** Whether it is compressed, and its length in big endian: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md */
const HEADER = 5;

export function frame(message: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(HEADER + message.byteLength);
  framed.writeUInt8(0, 0);
  framed.writeUInt32BE(message.byteLength, 1);
  framed.set(message, HEADER);
  return framed;
}

/** The messages in the body of a call. Rejects with SESSION_BROKEN on what is none. */
export async function* unframed(body: ByteStream): AsyncGenerator<Buffer> {
  let chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(Buffer.from(chunk));
    size += chunk.byteLength;
    while (size >= HEADER && size >= HEADER + lengthOf(chunks)) {
      const all = Buffer.concat(chunks, size);
      const end = HEADER + all.readUInt32BE(1);
      yield all.subarray(HEADER, end);
      chunks = [all.subarray(end)];
      size -= end;
    }
  }
  if (size > 0) throw new Failure("SESSION_BROKEN", { why: "a message ended in its middle" });
}

function lengthOf(chunks: Buffer[]): number {
  if ((chunks[0]?.byteLength ?? 0) < HEADER) chunks.splice(0, chunks.length, Buffer.concat(chunks));
  const head = chunks[0] ?? Buffer.alloc(0);
  if (head.readUInt8(0) !== 0) throw new Failure("SESSION_BROKEN", { why: "a message is compressed" });
  const length = head.readUInt32BE(1);
  if (length > MAX_MESSAGE)
    throw new Failure("SESSION_BROKEN", { why: `a message has ${length} bytes, ${MAX_MESSAGE} are allowed` });
  return length;
}
