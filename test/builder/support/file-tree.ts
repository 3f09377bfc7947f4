import { createHash } from "node:crypto";
import { posix } from "node:path";
import { Readable } from "node:stream";
import { extract, type Header } from "tar-stream";

/** One line of a tree that two builders can be compared by: "dir 755 0:0", "file 644 0:0 <content>", "link -> target". */
export type FileTree = Readonly<Record<string, string>>;

export interface Node {
  readonly headers: Header;
  readonly content: Buffer;
}

/** Longer content is compared by its digest. */
const SHOWN = 40;

/**
 * The tree that layers make one over the other, OCI whiteouts applied; also of a single tar of a root filesystem.
 * `keptTime`: entries with this mtime (seconds) are marked, others have no time.
 */
export async function treeOf(
  layers: readonly AsyncIterable<Uint8Array>[],
  keptTime: number,
): Promise<FileTree> {
  const nodes = await nodesOf(layers);
  const inodes = groups(nodes);
  const lines = [...nodes].map(
    ([path, node]) => [path, lineOf(path, node, { nodes, inodes, keptTime })] as const,
  );
  return Object.fromEntries(lines.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Everything in the tree that layers make one over the other, by absolute path. */
export async function nodesOf(
  layers: readonly AsyncIterable<Uint8Array>[],
): Promise<ReadonlyMap<string, Node>> {
  const nodes = new Map<string, Node>();
  for (const layer of layers) await apply(nodes, layer);
  nodes.delete("/");
  return nodes;
}

async function apply(nodes: Map<string, Node>, tar: AsyncIterable<Uint8Array>): Promise<void> {
  const below = (path: string): string[] => [...nodes.keys()].filter((key) => key.startsWith(`${path}/`));
  const added: [string, Node][] = [];
  for await (const entry of Readable.from(tar).pipe(extract())) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    const path = posix.join("/", entry.header.name).replace(/(.)\/$/, "$1");
    const name = posix.basename(path);
    if (name === ".wh..wh..opq") for (const key of below(posix.dirname(path))) nodes.delete(key);
    else if (name.startsWith(".wh.")) {
      const gone = posix.join(posix.dirname(path), name.slice(".wh.".length));
      for (const key of [gone, ...below(gone)]) nodes.delete(key);
    } else added.push([path, { headers: entry.header, content: Buffer.concat(chunks) }]);
  }
  for (const [path, node] of added) {
    if (node.headers.type !== "directory") for (const key of below(path)) nodes.delete(key);
    nodes.set(path, node);
  }
}

/** For each name of a file with several, the first of them. */
function groups(nodes: ReadonlyMap<string, Node>): ReadonlyMap<string, string> {
  const members = new Map<string, string[]>();
  for (const [path, { headers }] of nodes) {
    if (headers.type !== "link") continue;
    const target = posix.join("/", headers.linkname ?? "");
    members.set(target, [...(members.get(target) ?? [target]), path]);
  }
  return new Map(
    [...members.values()].flatMap((names) => names.map((name) => [name, names.sort()[0] ?? ""] as const)),
  );
}

interface Surroundings {
  readonly nodes: ReadonlyMap<string, Node>;
  readonly inodes: ReadonlyMap<string, string>;
  readonly keptTime: number;
}

function lineOf(path: string, node: Node, { nodes, inodes, keptTime }: Surroundings): string {
  const { headers } = node;
  const { uid, gid, mode, type } = headers;
  const owner = `${uid}:${gid}`;
  // BuildKit's times of directories depend on how the context was transferred.
  const time = type !== "directory" && headers.mtime?.getTime() === keptTime * 1000 ? " kept" : "";
  if (type === "symlink") return `link ${owner} -> ${headers.linkname}${time}`;
  const permissions = (mode & 0o7777).toString(8);
  const first = inodes.get(path);
  const same = first === undefined ? "" : ` inode ${first}`;
  const source = type === "link" ? nodes.get(posix.join("/", headers.linkname ?? "")) : node;
  const isFile = type === "file" || type === "link";
  const content = isFile ? ` ${describe(source?.content ?? Buffer.alloc(0))}` : "";
  return `${isFile ? "file" : type} ${permissions} ${owner}${content}${same}${attributes(source?.headers)}${time}`;
}

function describe(content: Buffer): string {
  const shown = content.length <= SHOWN && !content.includes(0);
  return shown ? JSON.stringify(content.toString()) : createHash("sha256").update(content).digest("hex");
}

function attributes(headers: Header | undefined): string {
  const pax = Object.entries(headers?.pax ?? {}).filter(([name]) => name.startsWith("SCHILY.xattr."));
  return pax
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => ` ${name.slice("SCHILY.xattr.".length)}=${value}`)
    .join("");
}
