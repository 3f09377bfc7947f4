import { constants, createWriteStream } from "node:fs";
import { chmod, lchown, link, lstat, lutimes, mkdir, rm, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { extract, type Header } from "tar-stream";
import { Failure } from "../../core/errors.ts";
import type { ByteStream } from "../../core/streams.ts";

export interface UnpackOptions {
  /** The first component of every entry's name is replaced by this path. */
  readonly target: string;
  /** Give files the owner they have in the archive. */
  readonly owner: boolean;
  /** Names are kept whole: nothing is replaced, `target` goes before them. */
  readonly whole?: boolean;
}

/**
 * Unpacks what a container gave: an archive whose sender is not trusted. Nothing is written outside `target`: names are cleaned, a parent that is
 * a link is refused, what is in the way is removed and never written through. Times and modes of directories are set last.
 */
export async function unpackInto(
  tar: ByteStream,
  { target, owner, whole = false }: UnpackOptions,
): Promise<void> {
  const directories: { readonly path: string; readonly header: Header }[] = [];
  const parents = new Set([dirname(target), ...(whole ? [target] : [])]);
  const entries = extract();
  const feeding = pipeline(Readable.from(tar), entries);
  feeding.catch(() => undefined);
  for await (const entry of entries) {
    const { header } = entry;
    const locate = async (name: string) => {
      const path = pathOf(target, whole ? `./${name}` : name);
      await checkParents(target, path, parents);
      return path;
    };
    const path = await locate(header.name);
    await writeEntry(path, header, entry as Content, locate);
    entry.resume();
    if (owner) await lchown(path, header.uid ?? 0, header.gid ?? 0);
    if (header.type === "directory") directories.push({ path, header });
    else if (header.type !== "link") await setTimes(path, header);
  }
  await feeding;
  for (const { path, header } of directories.reverse()) {
    await chmod(path, (header.mode ?? 0o755) & 0o7777);
    await setTimes(path, header);
  }
}

function pathOf(target: string, name: string): string {
  const [, ...rest] = name.split("/").filter((part) => part !== "");
  if (rest.includes(".."))
    throw new Failure("ARCHIVE_INVALID", { why: `entry ${JSON.stringify(name)} leaves the archive` });
  return join(target, ...rest);
}

/** Every directory between target and `path` must be one; those seen once are remembered. */
async function checkParents(target: string, path: string, seen: Set<string>): Promise<void> {
  const missing: string[] = [];
  for (let parent = dirname(path); !seen.has(parent) && parent.startsWith(target); parent = dirname(parent))
    missing.unshift(parent);
  for (const parent of missing) {
    const found = await lstat(parent).catch(() => undefined);
    if (found === undefined) await mkdir(parent);
    else if (!found.isDirectory())
      throw new Failure("ARCHIVE_INVALID", {
        why: `entry ${JSON.stringify(path)} leads through ${parent}, which is no directory`,
      });
    seen.add(parent);
  }
}

type Content = AsyncIterable<Uint8Array>;
type Write = (
  path: string,
  header: Header,
  content: Content,
  locate: (name: string) => Promise<string>,
) => Promise<void>;

const WRITERS: Readonly<Record<string, Write>> = {
  directory: async (path) => {
    // Writable by us until its own mode is set at the end.
    await mkdir(path, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    });
  },
  file: async (path, header, content) => {
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
    await pipeline(content, createWriteStream(path, { flags: flags as unknown as string, mode: 0o600 }));
    await chmod(path, (header.mode ?? 0o644) & 0o7777);
  },
  symlink: (path, header) => symlink(header.linkname ?? "", path),
  link: async (path, header, _content, locate) => link(await locate(header.linkname ?? ""), path),
};

async function writeEntry(
  path: string,
  header: Header,
  content: Content,
  locate: (name: string) => Promise<string>,
): Promise<void> {
  const writer = WRITERS[header.type === "contiguous-file" ? "file" : (header.type ?? "file")];
  if (writer === undefined)
    throw new Failure("OPTION_UNSUPPORTED", { option: `copying the ${header.type} ${header.name}` });
  const found = await lstat(path).catch(() => undefined);
  const keep = found?.isDirectory() === true && header.type === "directory";
  if (found?.isDirectory() === true && !keep)
    throw new Failure("COPY_INVALID", {
      why: `cannot overwrite directory ${JSON.stringify(path)} with non-directory`,
    });
  if (found !== undefined && !keep) await rm(path);
  await writer(path, header, content, locate);
}

const setTimes = (path: string, { mtime }: Header): Promise<void> => lutimes(path, mtime, mtime);
