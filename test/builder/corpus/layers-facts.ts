import { createHash } from "node:crypto";
import { posix } from "node:path";
import type { Header } from "tar-stream";
import type { ImageConfig } from "../../../image/config.ts";
import { type Node, nodesOf } from "../support/file-tree.ts";
import { type Entry, STAMPED, type Tree } from "./image-facts.ts";

const PERMISSIONS = 0o777;
const XATTR = "SCHILY.xattr.";

/** The tree that layers make one over the other. Times from `start` (milliseconds) on are the build's. */
export async function treeFacts(layers: readonly AsyncIterable<Uint8Array>[], start: number): Promise<Tree> {
  const nodes = await nodesOf(layers);
  return new Map([...nodes].map(([path, node]) => [path, entryOf(node, nodes, start)]));
}

function entryOf(node: Node, nodes: ReadonlyMap<string, Node>, start: number): Entry {
  const { type, linkname } = node.headers;
  // The recordings do not tell the names of one file apart.
  const named = type === "link" ? nodes.get(posix.join("/", linkname ?? "")) : node;
  const { headers, content } = named ?? node;
  const common = {
    type: headers.type ?? "file",
    // The recordings have neither set-id nor sticky bits.
    mode: ((headers.mode ?? 0) & PERMISSIONS).toString(8),
    owner: `${headers.uid}:${headers.gid}`,
    time: timeOf(headers.mtime ?? new Date(0), start),
    ...xattrsOf(headers),
  };
  if (headers.type === "symlink") return { ...common, link: headers.linkname ?? "" };
  return headers.type === "file" ? { ...common, ...contentOf(content) } : common;
}

/** Whole seconds, as tars have them. */
export const timeOf = (time: Date, start: number): string =>
  time.getTime() >= start ? STAMPED : time.toISOString().replace(/\.\d+/, "");

const contentOf = (content: Buffer): Entry => ({
  size: String(content.length),
  content: `sha256:${createHash("sha256").update(content).digest("hex")}`,
});

const xattrsOf = ({ pax }: Header): Entry =>
  Object.fromEntries(
    Object.entries((pax ?? {}) as Record<string, string>)
      .filter(([name]) => name.startsWith(XATTR))
      .map(([name, value]) => [`xattr ${name.slice(XATTR.length)}`, value]),
  );

type Counted = Pick<ImageConfig, "history"> & { readonly rootfs: { readonly diff_ids: readonly unknown[] } };

/** The document without the layers and the history of the image it was built on. */
export function aboveBase(document: ImageConfig, base: Counted): ImageConfig {
  const { rootfs, history = [] } = document;
  const diff_ids = rootfs.diff_ids.slice(base.rootfs.diff_ids.length);
  return { ...document, rootfs: { ...rootfs, diff_ids }, history: history.slice(base.history?.length ?? 0) };
}

/** What an image is besides its files. Times are left out: every build has its own. */
export function documentFacts({
  config = {},
  history = [],
  rootfs,
  created: _,
  ...rest
}: ImageConfig): Entry {
  const list = Object.entries(rest).map(([name, value]) => [name, json(value)] as const);
  const inConfig = Object.entries(config).map(([name, value]) => [`config ${name}`, json(value)] as const);
  const commands = history.map(({ created: _time, ...entry }, i) => [`history ${i}`, json(entry)] as const);
  return {
    ...Object.fromEntries([...list, ...inConfig, ...commands]),
    layers: String(rootfs.diff_ids.length),
    "history's layers": history.map(({ empty_layer = false }) => (empty_layer ? "none" : "one")).join(" "),
  };
}

const json = (value: unknown): string => JSON.stringify(sorted(value));

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, each]) => [key, sorted(each)]));
}
