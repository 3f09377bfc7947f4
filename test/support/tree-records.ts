import { createHash } from "node:crypto";
import { closeSync, constants, readFileSync } from "node:fs";
import { loadKernel } from "../../native/binding.ts";
import type { FileStat } from "../../native/kernel.ts";

export interface TreeRecord {
  readonly stat: FileStat;
  readonly xattrs: string;
  readonly opaque: boolean;
  readonly content?: string;
}

/** Everything about a tree that a layer can say, by path; its root is "". Files are read, not kept. */
export async function treeRecords(root: number): Promise<ReadonlyMap<string, TreeRecord>> {
  const kernel = loadKernel();
  const top = kernel.statInRoot(root, "/");
  const entries = await kernel.scan(root, "/");
  const all = top === undefined ? entries : [{ path: "", stat: top }, ...entries];
  return new Map(all.map(({ path, stat }) => [path, recordOf(root, path, stat)]));
}

function recordOf(root: number, path: string, stat: FileStat): TreeRecord {
  const kernel = loadKernel();
  const hasXattrs = stat.type === "file" || stat.type === "dir";
  const xattrs = hasXattrs ? [...kernel.readXattrs(root, path === "" ? "/" : path)] : [];
  return {
    stat,
    xattrs: xattrs
      .map(([name, value]) => `${name}=${value.toString("hex")}`)
      .sort()
      .join(" "),
    opaque: stat.type === "dir" && path !== "" && kernel.isOpaque(root, path),
    ...(stat.type === "file" ? { content: hashOf(root, path) } : {}),
  };
}

function hashOf(root: number, path: string): string {
  const file = loadKernel().openInRoot(root, path, constants.O_RDONLY);
  try {
    return createHash("sha256").update(readFileSync(file)).digest("hex");
  } finally {
    closeSync(file);
  }
}

/** What ext4 can store; earlier and later times become these. */
const [EARLIEST_S, LATEST_S] = [-(2n ** 31n), 2n ** 34n - 2n ** 31n - 1n];
const NANOSECONDS = 1_000_000_000n;

/** A time as a filesystem of 34 bits a second keeps it. */
function kept(ns: bigint): bigint {
  if (ns < EARLIEST_S * NANOSECONDS) return EARLIEST_S * NANOSECONDS;
  return ns >= LATEST_S * NANOSECONDS ? LATEST_S * NANOSECONDS : ns;
}

/**
 * The differences of two trees, one line each. Sizes of directories are their filesystem's affair; times of `index` that are 0 are those
 * that its tar does not say.
 */
export function differences(
  unpacked: ReadonlyMap<string, TreeRecord>,
  index: ReadonlyMap<string, TreeRecord>,
): readonly string[] {
  const paths = new Set([...unpacked.keys(), ...index.keys()]);
  const lines: string[] = [];
  for (const path of paths) {
    const [want, got] = [unpacked.get(path), index.get(path)].map((record, i) =>
      record === undefined ? "nothing" : shown(record, i === 0 ? index.get(path)?.stat.mtimeNs : undefined),
    );
    if (want !== got) lines.push(`${path}: ${want} became ${got}`);
  }
  return lines;
}

/** A tree in lines, the same wherever it lies. */
export const recordLines = (tree: ReadonlyMap<string, TreeRecord>): readonly string[] =>
  [...tree].map(([path, record]) => `${path}: ${shown(record, undefined)}`).sort();

function shown({ stat, xattrs, opaque, content }: TreeRecord, other: bigint | undefined): string {
  const { type, mode, uid, gid, nlink, size, rdevMajor, rdevMinor, link, mtimeNs } = stat;
  const unsaid = other === 0n || mtimeNs === 0n;
  const facts = [
    type,
    mode.toString(8),
    `${uid}:${gid}`,
    `links ${nlink}`,
    type === "dir" ? "" : `size ${size}`,
    type === "char" || type === "block" ? `device ${rdevMajor}:${rdevMinor}` : "",
    link ?? "",
    unsaid ? "" : `time ${kept(mtimeNs)}`,
    xattrs,
    opaque ? "opaque" : "",
    content ?? "",
  ];
  return facts.filter((fact) => fact !== "").join(" ");
}
