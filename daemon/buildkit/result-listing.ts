import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { extract, type Header } from "tar-stream";
import { goFileMode } from "../../core/go-file-mode.ts";
import type { ByteStream } from "../../core/streams.ts";
import type { Stat } from "../../wire/buildkit/session.ts";

/** An entry as it is announced; what is left out is zero. */
export type Announced = Pick<Stat, "path" | "mode"> & Partial<Stat>;

export interface Listing {
  /** In the order of fsutil; the position of each is its id. */
  readonly entries: readonly Announced[];
  /** The ids of files by the names that their content has in the tar. */
  readonly ids: ReadonlyMap<string, number>;
}

type FileType = Parameters<typeof goFileMode>[0];
const TYPES: Readonly<Partial<Record<NonNullable<Header["type"]>, FileType>>> = {
  file: "file",
  "contiguous-file": "file",
  link: "file",
  directory: "dir",
  symlink: "symlink",
  "character-device": "char",
  "block-device": "block",
  fifo: "fifo",
};

/** The entries of a tar, each with its content, which is skipped unless it is read. */
export async function* entriesOf(
  tar: ByteStream,
): AsyncGenerator<{ readonly name: string; readonly header: Header; readonly content: ByteStream }> {
  const entries = extract();
  const feeding = pipeline(Readable.from(tar), entries);
  feeding.catch(() => undefined);
  for await (const entry of entries) {
    yield { name: cleaned(entry.header.name), header: entry.header, content: entry as ByteStream };
    entry.resume();
  }
  await feeding;
}

const cleaned = (name: string): string => name.replace(/^(?:\.?\/)+/, "").replace(/\/+$/, "");

/** Lists a root filesystem's tar. Of several names of one file the first is the file, the others are links to it, as fsutil wants it. */
export async function listEntries(tar: ByteStream): Promise<Listing> {
  const files = new Map<string, Announced[]>();
  const all: Announced[] = [];
  for await (const { name, header } of entriesOf(tar)) {
    const stat = statOf(name, header);
    if (stat === undefined) continue;
    all.push(stat);
    const content = header.type === "link" ? cleaned(header.linkname ?? "") : name;
    if (isContent(header)) files.set(content, [...(files.get(content) ?? []), stat]);
  }
  const settled = new Map<Announced, Announced>();
  const firsts = new Map<Announced, string>();
  for (const [content, names] of files) {
    const [first, ...others] = inOrder(names);
    if (first === undefined) continue;
    firsts.set(first, content);
    // The header of a link has no size.
    const size = Math.max(...names.map((one) => one.size ?? 0));
    settled.set(first, { ...first, size });
    for (const other of others) settled.set(other, { ...other, size, linkname: first.path });
  }
  const sorted = inOrder(all);
  const ids = sorted.flatMap((stat, id): [string, number][] => {
    const content = firsts.get(stat);
    return content === undefined ? [] : [[content, id]];
  });
  return { entries: sorted.map((stat) => settled.get(stat) ?? stat), ids: new Map(ids) };
}

const isContent = ({ type }: Header): boolean =>
  type !== undefined && type !== null && TYPES[type] === "file";

function statOf(path: string, header: Header): Announced | undefined {
  const type = TYPES[header.type ?? "file"];
  if (type === undefined || path === "") return undefined;
  const { mode, uid, gid, size, mtime, linkname, devmajor, devminor } = header;
  return {
    path,
    mode: goFileMode(type, mode),
    uid,
    gid,
    size: type === "file" ? size : 0,
    // Nanoseconds; 1970 where there is none.
    modTime: (mtime?.getTime() ?? 0) * 1e6,
    linkname: type === "symlink" ? (linkname ?? "") : "",
    devmajor: devmajor ?? 0,
    devminor: devminor ?? 0,
  };
}

/** Folders before what is in them, names by their bytes. */
function inOrder(stats: readonly Announced[]): readonly Announced[] {
  return stats
    .map((stat) => ({ stat, key: Buffer.from(stat.path.replaceAll("/", "\0")) }))
    .sort((one, other) => Buffer.compare(one.key, other.key))
    .map(({ stat }) => stat);
}
