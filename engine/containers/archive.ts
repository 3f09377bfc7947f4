import { closeSync, constants, createReadStream, createWriteStream } from "node:fs";
import { posix } from "node:path";
import { pipeline } from "node:stream/promises";
import { Failure, isCode } from "../../core/errors.ts";
import { goFileMode } from "../../core/go-file-mode.ts";
import type { Abortable, ByteStream } from "../../core/streams.ts";
import type { FileStat, Kernel, ScanEntry } from "../../native/kernel.ts";
import { toLayerEntry } from "../../store/snapshots/layer-entries.ts";
import type { Tree } from "../../store/types.ts";
import type { PathStat } from "../api.ts";

/** Paths of a container, as `cp` names them. `container` is for messages. */
export interface PathIn {
  readonly tree: Tree;
  readonly container: string;
  readonly path: string;
}

/** "a/" and "a/." mean what is behind a link at "a". */
const followsLink = (path: string): boolean => /\/\.?$/.test(path);

function find({ tree, container, path }: PathIn): { readonly at: string; readonly stat: FileStat } {
  const absolute = posix.resolve("/", path);
  // Links on the way are followed inside the root by the kernel; the last component only where the path says so.
  const at = followsLink(path)
    ? tree.resolve(absolute)
    : posix.join(tree.resolve(posix.dirname(absolute)), posix.basename(absolute));
  const stat = tree.stat(at);
  if (stat === undefined) throw new Failure("CONTAINER_PATH_UNKNOWN", { path, container });
  return { at, stat };
}

/** Throws CONTAINER_PATH_UNKNOWN. */
export function statPath(where: PathIn): PathStat {
  const { at, stat } = find(where);
  const linkTarget = stat.type === "symlink" ? posix.resolve(posix.dirname(at), stat.link ?? "") : "";
  return {
    name: posix.basename(posix.resolve("/", where.path)) || "/",
    size: stat.size,
    mode: goFileMode(stat.type, stat.mode),
    mtime: new Date(Number(stat.mtimeNs / 1_000_000n)).toISOString(),
    linkTarget,
  };
}

/**
 * A path as a tar whose entries begin with its base name ("." for the root and for "x/."). The tree must stay open until the stream has ended.
 * Throws CONTAINER_PATH_UNKNOWN.
 */
export async function readArchive(
  kernel: Kernel,
  where: PathIn,
  options: Abortable = {},
): Promise<ByteStream> {
  const { tree, path } = where;
  const { at, stat } = find(where);
  const base = posix.basename(posix.resolve("/", path));
  const name = base === "" || path.endsWith("/.") ? "." : base;
  const below = stat.type === "dir" ? await tree.scan(at) : [];
  return writeTar(
    kernel,
    tree,
    [{ path: at, as: name, stat }, ...below.map((entry) => renamed(entry, at, name))],
    options,
  );
}

/** The whole root filesystem; `mounts` are shown as the empty directories they are mounted on. */
export async function exportRoot(
  kernel: Kernel,
  tree: Tree,
  { mounts, ...options }: { readonly mounts: readonly string[] } & Abortable,
): Promise<ByteStream> {
  const prune = mounts.map((path) => posix.relative("/", path));
  const hidden = new Set(prune);
  const entries = (await tree.scan("/", { prune })).filter(({ path }) => !hidden.has(path));
  const points = prune.flatMap((path) => {
    const stat = tree.stat(path);
    return stat?.type === "dir" ? [{ path, as: path, stat }] : [];
  });
  return writeTar(
    kernel,
    tree,
    [...entries.map(({ path, stat }) => ({ path, as: path, stat })), ...points],
    options,
  );
}

interface Named {
  /** Below the tree's root. */
  readonly path: string;
  /** In the tar. */
  readonly as: string;
  readonly stat: FileStat;
}

const renamed = ({ path, stat }: ScanEntry, at: string, name: string): Named => ({
  path: posix.join(at, path),
  as: `${name}/${path}`,
  stat,
});

function writeTar(kernel: Kernel, tree: Tree, entries: readonly Named[], { signal }: Abortable): ByteStream {
  const links = new Map<bigint, string>();
  const layer = entries
    .filter(({ stat }) => stat.type !== "socket")
    .map(({ path, as, stat }) => toLayerEntry(tree, { path, stat }, { links, as }));
  const [read, write] = kernel.pipe();
  const stream = createReadStream("", { fd: read, ...(signal === undefined ? {} : { signal }) });
  kernel
    .writeLayer(write, tree.fd, layer)
    .catch((error: Error) => stream.destroy(error))
    .finally(() => closeSync(write));
  return stream;
}

/**
 * Unpacks a tar into the directory `path`. Neither names nor links in the archive lead out of the container's root.
 * Rejects with CONTAINER_PATH_UNKNOWN, ARCHIVE_INVALID.
 */
export async function writeArchive(
  kernel: Kernel,
  { tree, container, path }: PathIn,
  tar: ByteStream,
  options: {
    readonly owner?: { readonly uid: number; readonly gid: number };
    readonly keepDirectories?: boolean;
  } & Abortable,
): Promise<void> {
  const directory = openDirectory(kernel, { tree, container, path });
  const [read, write] = kernel.pipe();
  try {
    const { owner, keepDirectories = false, signal } = options;
    const feeding = pipeline(
      tar,
      createWriteStream("", { fd: write }),
      ...(signal === undefined ? [] : [{ signal }]),
    );
    const unpacking = kernel.unpackLayer(read, `/proc/self/fd/${directory}`, {
      whiteouts: "keep",
      keepDirectories,
      ...(owner === undefined ? {} : { owner }),
    });
    await Promise.all([feeding, unpacking]);
  } finally {
    closeSync(read);
    closeSync(directory);
  }
}

function openDirectory(kernel: Kernel, { tree, container, path }: PathIn): number {
  try {
    return kernel.openInRoot(tree.fd, posix.resolve("/", path), constants.O_RDONLY | constants.O_DIRECTORY);
  } catch (cause) {
    if (!isCode(cause, "SYSCALL_FAILED")) throw cause;
    throw new Failure("CONTAINER_PATH_UNKNOWN", { path, container }, { cause });
  }
}
