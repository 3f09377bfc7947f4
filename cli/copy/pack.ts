import { createReadStream } from "node:fs";
import { lstat, readdir, readlink, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { type Header, type Pack, pack } from "tar-stream";
import type { ByteStream } from "../../core/streams.ts";

interface Packing {
  readonly tar: Pack;
  /** Names of files with several links by device and inode. */
  readonly links: Map<string, string>;
}

/** The file or directory `path` as a tar in which it is called `name`; without a name only a directory's content. Links are kept. */
export function packPath(
  path: string,
  name: string | undefined,
  options: { readonly follow: boolean },
): ByteStream {
  const packing: Packing = { tar: pack(), links: new Map() };
  const top = options.follow ? stat : lstat;
  (async () => {
    const found = await top(path);
    if (name === undefined) await addChildren(packing, path, "");
    else await addEntry(packing, path, name, found);
    packing.tar.finalize();
  })().catch((error: Error) => packing.tar.destroy(error));
  return packing.tar as AsyncIterable<Uint8Array>;
}

type Named = Partial<Header> & { readonly name: string };
type Stats = Awaited<ReturnType<typeof lstat>>;

async function addEntry(packing: Packing, path: string, name: string, found: Stats): Promise<void> {
  const header: Named = {
    name,
    mode: Number(found.mode) & 0o7777,
    uid: Number(found.uid),
    gid: Number(found.gid),
    mtime: found.mtime,
  };
  if (found.isDirectory()) {
    await addPlain(packing.tar, { ...header, name: `${name}/`, type: "directory" });
    await addChildren(packing, path, `${name}/`);
  } else if (found.isSymbolicLink()) {
    await addPlain(packing.tar, { ...header, type: "symlink", linkname: await readlink(path) });
  } else if (found.isFile()) {
    await addFile(packing, path, header, found);
  } else if (found.isFIFO()) {
    await addPlain(packing.tar, { ...header, type: "fifo" });
  }
  // A socket is of no use outside the process that listens on it, and tar has no form for it.
}

async function addChildren(packing: Packing, path: string, prefix: string): Promise<void> {
  for (const child of (await readdir(path)).sort()) {
    const inside = join(path, child);
    await addEntry(packing, inside, `${prefix}${basename(child)}`, await lstat(inside));
  }
}

async function addFile(packing: Packing, path: string, header: Named, found: Stats): Promise<void> {
  const key = `${found.dev}:${found.ino}`;
  const first = Number(found.nlink) > 1 ? packing.links.get(key) : undefined;
  if (first !== undefined) return addPlain(packing.tar, { ...header, type: "link", linkname: first });
  if (Number(found.nlink) > 1) packing.links.set(key, header.name);
  const entry = packing.tar.entry({ ...header, type: "file", size: Number(found.size) });
  await pipeline(createReadStream(path), entry);
}

const addPlain = (tar: Pack, header: Named): Promise<void> =>
  new Promise((resolve, reject) => {
    tar.entry(header, (error) => (error ? reject(error) : resolve()));
  });
