import { Failure } from "../../core/errors.ts";
import type { Conversation } from "../../wire/grpc/channel.ts";
import type { Message } from "../../wire/grpc/message.ts";
import type { Session } from "./sessions.ts";

const METHOD = "/moby.filesync.v1.FileSend/DiffCopy";

/**
 * The call by which a client takes what it writes itself; `position` is that of the output. What goes over it is the output's affair: bytes
 * of a file, or fsutil's packets. Throws SESSION_BROKEN.
 */
export function openSendCall<In, Out>(
  { channel, serves }: Session,
  position: number,
  type: Message<In, Out>,
  signal: AbortSignal,
): Conversation<In, Out> {
  if (!serves(METHOD)) throw new Failure("SESSION_BROKEN", { why: "the client takes no files" });
  const headers = { "buildkit-attachable-exporter-id": String(position) };
  return channel.converse(METHOD, { request: type, response: type }, { headers, signal });
}

/** Reads to the end of a call, in which nothing more is expected. */
export async function drain(messages: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of messages);
}

/** Pieces of a stream, small enough for a message. */
export function* pieces(chunk: Uint8Array): Generator<Uint8Array> {
  for (let start = 0; start < chunk.byteLength; start += PIECE) yield chunk.subarray(start, start + PIECE);
}
const PIECE = 1 << 20;
