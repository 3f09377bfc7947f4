import { createHash } from "node:crypto";
import { posix } from "node:path";
import type { ContainerConfig } from "../../../image/config.ts";
import type { Node } from "../support/file-tree.ts";
import type { EngineCase } from "./engine-cases.ts";

export type Tree = Readonly<Record<string, string>>;

/** What the engine's classic builder always writes and BuildKit does not, and the other way round. */
const ALWAYS_EQUAL = ["Hostname", "Domainname", "ArgsEscaped", "Image"];
/** Commands of the base images, which are not ours. */
const BASE_COMMANDS = ["sh", "bash", "/bin/sh", "/bin/bash"];

/** What of a configuration is compared. */
export function compared(config: ContainerConfig = {}): Readonly<Record<string, unknown>> {
  const entries = Object.entries(config).filter(([name, value]) => {
    if (ALWAYS_EQUAL.includes(name)) return false;
    if (name === "Cmd" && value?.length === 1 && BASE_COMMANDS.includes(value[0])) return false;
    // BuildKit says that an image starts in "/", the classic builder says nothing.
    if (name === "WorkingDir" && value === "/") return false;
    if (value === null || value === "" || value === false) return false;
    return !(typeof value === "object" && Object.keys(value as object).length === 0);
  });
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** A tree as the recordings describe it, without times, set-id and sticky bits. */
export function linesOf(nodes: ReadonlyMap<string, Node>): Record<string, string> {
  const tree: Record<string, string> = {};
  for (const [path, { headers, content }] of nodes) {
    const owner = `${headers.uid}:${headers.gid}`;
    const permissions = ((headers.mode ?? 0) & 0o777).toString(8);
    const source =
      headers.type === "link" ? nodes.get(posix.join("/", headers.linkname ?? ""))?.content : content;
    const digest = `sha256:${createHash("sha256")
      .update(source ?? "")
      .digest("hex")}`;
    if (headers.type === "symlink") tree[path] = `link ${owner} -> ${headers.linkname}`;
    else if (headers.type === "directory") tree[path] = `directory ${permissions} ${owner}`;
    else if (headers.type === "fifo") tree[path] = `fifo ${permissions} ${owner}`;
    else tree[path] = `file ${permissions} ${owner} ${digest}`;
  }
  return tree;
}

/** "(dir):a:(dir):b" leaves out /a/b; times are not compared at all. */
export function withoutSkipped(tree: Tree, { fsSkip }: EngineCase): Tree {
  const skipped = (fsSkip ?? [])
    .filter((path) => !/:(?:mtime|size|mode|uid|gid)$/.test(path))
    .map((path) => path.split(":").filter((part) => part !== "(dir)"))
    .map((parts) => `/${parts.join("/")}`);
  return Object.fromEntries(
    Object.entries(tree).filter(
      ([path]) => !skipped.some((skip) => path === skip || path.startsWith(`${skip}/`)),
    ),
  );
}

/** Lines that at least so many of the trees on one base have are the base's. */
const MOST = 0.7;

/** The base that trees have in common. */
export function commonBase(trees: readonly Tree[]): ReadonlySet<string> {
  const counts = new Map<string, number>();
  for (const tree of trees)
    for (const [path, line] of Object.entries(tree)) {
      const key = `${path}\0${line}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  return new Set([...counts].filter(([, count]) => count >= trees.length * MOST).map(([key]) => key));
}

/** Directories that the engine's containers leave in images that have none. */
const MOUNT_POINTS = ["/proc", "/sys", "/dev"];

/** What a tree has that its base has not. */
export function added(tree: Tree, base: ReadonlySet<string>): Tree {
  return Object.fromEntries(
    Object.entries(tree).filter(
      ([path, line]) => !base.has(`${path}\0${line}`) && !MOUNT_POINTS.includes(path),
    ),
  );
}
