import { status } from "@grpc/grpc-js";
import type { Descriptor } from "../../core/descriptor.ts";
import type { Digest } from "../../core/digest.ts";
import { Failure } from "../../core/errors.ts";
import type { Abortable, ByteStream } from "../../core/streams.ts";
import * as content from "../../wire/buildkit/content.ts";
import type { Channel, Conversation } from "../../wire/grpc/channel.ts";
import type { Decoded } from "../../wire/grpc/message.ts";
import { RpcError } from "../../wire/grpc/status.ts";
import { pieces } from "./send-call.ts";
import type { Session } from "./sessions.ts";

/** One of the stores of blobs that a client lends. */
export interface SessionStore {
  readonly session: Session;
  readonly store: string;
}

const METHODS = {
  info: `/${content.CONTENT}/Info`,
  read: `/${content.CONTENT}/Read`,
  write: `/${content.CONTENT}/Write`,
} as const;

const isCode = (error: unknown, code: number): boolean => error instanceof RpcError && error.code === code;

/** How long a blob is; undefined where there is none. Rejects with SESSION_BROKEN, RpcError. */
export async function sizeOfBlob(
  at: SessionStore,
  digest: Digest,
  options: Abortable = {},
): Promise<number | undefined> {
  const types = { request: content.INFO_REQUEST, response: content.INFO_RESPONSE };
  try {
    const called = { ...options, headers: headersOf(at) };
    return (await channelOf(at, "info").call(METHODS.info, types, { digest }, called)).info?.size;
  } catch (error) {
    if (isCode(error, status.NOT_FOUND)) return undefined;
    throw error;
  }
}

/** The bytes of a blob, which nobody has verified. */
export async function* readBlob(at: SessionStore, digest: Digest, options: Abortable = {}): ByteStream {
  const types = { request: content.READ_REQUEST, response: content.READ_RESPONSE };
  const called = { ...options, headers: headersOf(at) };
  await using talk = channelOf(at, "read").converse(METHODS.read, types, called);
  await talk.send({ digest });
  talk.end();
  for await (const { data } of talk.messages) yield data;
}

type Answer = Decoded<typeof content.WRITE_RESPONSE>;
type Talk = Conversation<Answer, Parameters<typeof content.WRITE_REQUEST.encode>[0]>;

/** Puts a blob into the store, unless it is there. Rejects with SESSION_BROKEN, RpcError. */
export async function writeBlob(
  at: SessionStore,
  { digest, size }: Pick<Descriptor, "digest" | "size">,
  source: () => Promise<ByteStream>,
  options: Abortable = {},
): Promise<void> {
  const types = { request: content.WRITE_REQUEST, response: content.WRITE_RESPONSE };
  const called = { ...options, headers: headersOf(at) };
  await using talk: Talk = channelOf(at, "write").converse(METHODS.write, types, called);
  const answers = talk.messages[Symbol.asyncIterator]();
  const ask = async (message: Parameters<Talk["send"]>[0]): Promise<void> => {
    await talk.send(message);
    if ((await answers.next()).done === true)
      throw new Failure("SESSION_BROKEN", { why: "the client stopped taking a blob" });
  };
  const { stat, write, commit } = content.WRITE_ACTIONS;
  // Writers of other builds may be at the same blob: each has a name of its own.
  const ref = `${at.session.id}-${digest}`;
  try {
    await ask({ action: stat, ref, total: size, expected: digest });
    let offset = 0;
    for await (const chunk of await source())
      for (const data of pieces(chunk)) {
        await ask({ action: write, offset, data });
        offset += data.byteLength;
      }
    await ask({ action: commit, offset, total: size, expected: digest });
  } catch (error) {
    if (!isCode(error, status.ALREADY_EXISTS)) throw error;
  }
}

const headersOf = ({ store }: SessionStore) => ({ [content.STORE_HEADER]: store });

function channelOf({ session: { channel, serves } }: SessionStore, name: keyof typeof METHODS): Channel {
  if (serves(METHODS[name])) return channel;
  throw new Failure("SESSION_BROKEN", { why: "the client lends no blobs" });
}
