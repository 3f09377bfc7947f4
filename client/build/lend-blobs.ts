import { status } from "@grpc/grpc-js";
import { type Digest, isDigest } from "../../core/digest.ts";
import { verified } from "../../core/streams.ts";
import * as content from "../../wire/buildkit/content.ts";
import type { Decoded } from "../../wire/grpc/message.ts";
import { type Rpc, type RpcTalk, streaming, talking, unary } from "../../wire/grpc/service.ts";
import { RpcError } from "../../wire/grpc/status.ts";
import type { LayoutFolder } from "./tools.ts";

/** A folder of blobs that a build may read, and write where it is to. */
export interface LentStore {
  readonly folder: LayoutFolder;
  readonly writable: boolean;
}
/** By the ids that daemons know them by. */
export type LentStores = ReadonlyMap<string, LentStore>;

type Wanted = Decoded<typeof content.READ_REQUEST>;
type Written = Decoded<typeof content.WRITE_REQUEST>;
type Answer = Parameters<typeof content.WRITE_RESPONSE.encode>[0];

/** Longest piece of a blob in one message. */
const PIECE = 1 << 20;

/** containerd.services.content.v1.Content: the blobs of images and caches in folders. A blob that is written is verified before it is one. */
export function contentRpcs(stores: LentStores): readonly Rpc[] {
  const storeOf = (id = ""): LentStore => {
    const store = stores.get(id);
    if (store === undefined) throw new RpcError(status.NOT_FOUND, `unknown store ${id}`);
    return store;
  };
  return [
    unary("Info", content.INFO_REQUEST, content.INFO_RESPONSE, async ({ request, header }) => {
      const digest = readDigest(request.digest);
      const { folder } = storeOf(header(content.STORE_HEADER));
      return { info: { digest, size: await sizeIn(folder, digest) } };
    }),
    streaming("Read", content.READ_REQUEST, content.READ_RESPONSE, ({ request, header }) =>
      read(() => storeOf(header(content.STORE_HEADER)).folder, request),
    ),
    talking("Write", content.WRITE_REQUEST, content.WRITE_RESPONSE, async (talk) => {
      const { folder, writable } = storeOf(talk.headers(content.STORE_HEADER)[0]);
      if (!writable) throw new RpcError(status.PERMISSION_DENIED, "the store is lent for reading");
      await write(folder, talk);
    }),
  ];
}

async function* read(
  find: () => LayoutFolder,
  { digest: text, offset, size: length }: Wanted,
): AsyncGenerator<{ readonly offset: number; readonly data: Uint8Array }> {
  const folder = find();
  const digest = readDigest(text);
  const size = await sizeIn(folder, digest);
  if (offset < 0 || offset > size)
    throw new RpcError(status.OUT_OF_RANGE, `${digest} has ${size} bytes, not ${offset}`);
  const wanted = length > 0 ? Math.min(length, size - offset) : size - offset;
  if (wanted === 0) return;
  let at = offset;
  for await (const chunk of folder.read(digest, { start: offset, length: wanted }))
    for (let start = 0; start < chunk.byteLength; start += PIECE) {
      const data = chunk.subarray(start, start + PIECE);
      yield { offset: at, data };
      at += data.byteLength;
    }
}

async function write(folder: LayoutFolder, talk: RpcTalk<Written, Answer>): Promise<void> {
  const messages = talk.messages[Symbol.asyncIterator]();
  const first = await next(messages);
  const digest = readDigest(first.expected);
  const { total: size } = first;
  if (size <= 0) throw new RpcError(status.INVALID_ARGUMENT, "expected the length of the blob");
  if ((await folder.size(digest)) !== undefined)
    throw new RpcError(status.ALREADY_EXISTS, `${digest} is there already`);
  await folder.write(digest, verified(arriving(talk, messages, first), { digest, size }));
  await talk.send({ action: content.WRITE_ACTIONS.commit, offset: size, total: size, digest });
}

/** The bytes up to the commit; each message before it is answered once its bytes were taken. */
async function* arriving(
  { send }: Pick<RpcTalk<Written, Answer>, "send">,
  messages: AsyncIterator<Written>,
  first: Written,
): AsyncGenerator<Uint8Array> {
  const { total } = first;
  let offset = 0;
  for (let message = first; ; message = await next(messages)) {
    const { action, data } = message;
    if (data.byteLength > 0) {
      if (message.offset !== offset)
        throw new RpcError(status.OUT_OF_RANGE, `${offset} bytes have arrived, not ${message.offset}`);
      yield data;
      offset += data.byteLength;
    }
    if (action === content.WRITE_ACTIONS.commit) return;
    await send({ action, offset, total });
  }
}

async function next(messages: AsyncIterator<Written>): Promise<Written> {
  const { value, done } = await messages.next();
  if (done !== true) return value;
  throw new RpcError(status.CANCELLED, "the blob was not committed");
}

async function sizeIn(folder: LayoutFolder, digest: Digest): Promise<number> {
  const size = await folder.size(digest);
  if (size === undefined) throw new RpcError(status.NOT_FOUND, `blob ${digest}: not found`);
  return size;
}

function readDigest(text: string): Digest {
  if (isDigest(text)) return text;
  throw new RpcError(status.INVALID_ARGUMENT, `expected a digest, got ${JSON.stringify(text.slice(0, 100))}`);
}
