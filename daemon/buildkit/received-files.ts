import { once } from "node:events";
import { type Pack, pack } from "tar-stream";
import { deferred } from "../../core/deferred.ts";
import { Failure } from "../../core/errors.ts";
import type { ByteStream } from "../../core/streams.ts";
import { PACKET, PACKET_TYPES, type Packet, type Stat, TYPE_BITS } from "../../wire/buildkit/session.ts";
import { FileContents } from "./file-contents.ts";
import type { Session } from "./sessions.ts";

const METHOD = "/moby.filesync.v1.FileSync/DiffCopy";
const MAX_ENTRIES = 500_000;
const MAX_PATH = 4096;

/** What of a client's folder is wanted. */
export interface Wanted {
  /** The name the client gave the folder: "context", "dockerfile". */
  readonly folder: string;
  /** Only these paths, with what links in them lead to; all when empty. */
  readonly follow?: readonly string[];
  /** Lines of an ignore file. */
  readonly exclude?: readonly string[];
}
export interface Transfer {
  /** Told how many bytes have come so far. */
  readonly report: (bytes: number) => void;
  readonly signal: AbortSignal;
}

/**
 * Files of a client's folder, as a tar. The client lists them all, then sends the content of those that are asked for. Whoever unpacks the
 * tar sees to it that names lead nowhere. Rejects with SESSION_BROKEN, and with what the client says went wrong.
 * https://github.com/tonistiigi/fsutil/blob/master/receive.go
 */
export async function* receivedFiles(session: Session, wanted: Wanted, transfer: Transfer): ByteStream {
  if (!session.serves(METHOD)) throw broken("the client lends no files");
  await using talk = session.channel.converse(
    METHOD,
    { request: PACKET, response: PACKET },
    { headers: headersOf(wanted), signal: transfer.signal },
  );
  const packets = counted(talk.messages, transfer.report);
  const tar = pack();
  const filling = (async (): Promise<void> => {
    const entries = await listed(packets);
    const contents = new FileContents(entries, packets, (id) =>
      talk.send({ type: PACKET_TYPES.request, id }),
    );
    for (const [id, entry] of entries.entries()) await addEntry(tar, entry, () => contents.of(id));
    await talk.send({ type: PACKET_TYPES.end });
    // The client confirms the end; whatever it says besides has no meaning any more.
    for await (const { type } of packets) if (type === PACKET_TYPES.end) break;
    tar.finalize();
  })().catch((error: Error) => tar.destroy(error));
  for await (const chunk of tar) yield chunk as Uint8Array;
  await filling;
}

const broken = (why: string): Failure => new Failure("SESSION_BROKEN", { why });

async function* counted(
  packets: AsyncIterable<Packet>,
  report: Transfer["report"],
): AsyncGenerator<Packet, void> {
  let bytes = 0;
  for await (const packet of packets) {
    if (packet.type === PACKET_TYPES.error) throw broken(Buffer.from(packet.data).toString("utf8"));
    bytes += packet.data.byteLength + (packet.stat?.path.length ?? 0);
    report(bytes);
    yield packet;
  }
}

/** All entries; the position of each is the id by which its content is asked for. */
async function listed(packets: AsyncGenerator<Packet, void>): Promise<readonly Stat[]> {
  const entries: Stat[] = [];
  for (;;) {
    const { done, value } = await packets.next();
    if (done === true) throw broken("the list of files ended in its middle");
    if (value.type !== PACKET_TYPES.stat)
      throw broken("something else came in the middle of the list of files");
    if (value.stat === undefined) return entries;
    if (entries.length >= MAX_ENTRIES) throw broken(`the folder has more than ${MAX_ENTRIES} files`);
    const { path, size } = value.stat;
    if (path === "" || path.length > MAX_PATH || path.includes("\0"))
      throw broken("a file has no valid name");
    if (!Number.isSafeInteger(size) || size < 0) throw broken(`${path} has no valid size`);
    entries.push(value.stat);
  }
}

type Header = Parameters<Pack["entry"]>[0];

/** Go's os.FileMode, type bits. */
const TYPES: readonly (readonly [bit: number, type: NonNullable<Header["type"]>])[] = [
  [0x8000_0000, "directory"],
  [0x0800_0000, "symlink"],
  [0x0020_0000, "character-device"],
  [0x0400_0000, "block-device"],
  [0x0200_0000, "fifo"],
];
/** os.ModeSetuid, os.ModeSetgid, os.ModeSticky, and what they are in a tar. */
const SPECIAL = [
  [0x0080_0000, 0o4000],
  [0x0040_0000, 0o2000],
  [0x0010_0000, 0o1000],
] as const;

function headerOf(stat: Stat): Header | undefined {
  const { path, mode, linkname, modTime, devmajor, devminor } = stat;
  const special = SPECIAL.reduce((bits, [go, unix]) => ((mode & go) === 0 ? bits : bits | unix), 0);
  const common = {
    name: path,
    mode: (mode & 0o777) | special,
    mtime: new Date(Math.floor(modTime / 1e6)),
  };
  if ((mode & TYPE_BITS) === 0)
    return linkname === ""
      ? { ...common, type: "file", size: stat.size }
      : { ...common, type: "link", linkname };
  const type = TYPES.find(([bit]) => (mode & bit) !== 0)?.[1];
  return type && { ...common, type, linkname, devmajor, devminor };
}

/** Sockets are left out. */
async function addEntry(tar: Pack, stat: Stat, content: () => AsyncIterable<Uint8Array>): Promise<void> {
  const header = headerOf(stat);
  if (header === undefined) return;
  if (header.type !== "file") {
    await new Promise<void>((resolve, reject) =>
      tar.entry(header, (error) => (error ? reject(error) : resolve())),
    );
    return;
  }
  const done = deferred();
  const entry = tar.entry(header, (error) => (error ? done.reject(error) : done.resolve()));
  done.promise.catch(() => undefined);
  // It fails with the tar, whose reader is told.
  entry.on("error", () => undefined);
  for await (const chunk of content()) if (!entry.write(chunk)) await once(entry, "drain");
  entry.end(undefined);
  await done.promise;
}

const headersOf = ({ folder, follow = [], exclude = [] }: Wanted): CallHeaders => ({
  "dir-name": folder,
  ...listHeader("followpaths", follow),
  ...listHeader("exclude-patterns", exclude),
});

type CallHeaders = Readonly<Record<string, string | readonly string[]>>;

/** Headers are ASCII: with a mark beside them, values are encoded. */
function listHeader(name: string, values: readonly string[]): CallHeaders {
  if (values.length === 0) return {};
  if (values.every((value) => /^[\x20-\x7e]*$/.test(value))) return { [name]: values };
  return { [name]: values.map(encodeURIComponent), [`${name}-encoded`]: "1" };
}
