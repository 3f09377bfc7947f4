import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ImageConfig } from "../../../image/config.ts";
import type { Entry, ImageFacts } from "./image-facts.ts";
import { aboveBase, documentFacts, timeOf } from "./layers-facts.ts";

/** Who made a recorded image. */
export type Recorder = "buildkit" | "classic" | "buildah";

interface RecordedNode {
  readonly typeflag?: number;
  readonly mode?: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly mtime: string;
  readonly digest?: string;
  readonly linkname?: string;
  readonly xattrs?: Readonly<Record<string, string>>;
  readonly "(dir)"?: Readonly<Record<string, RecordedNode>>;
}

const TYPES: Readonly<Record<string, string>> = {
  "0": "file",
  "1": "file",
  "2": "symlink",
  "5": "directory",
  "6": "fifo",
};
/** The recordings have no digest of an empty file. */
const EMPTY = `sha256:${createHash("sha256").digest("hex")}`;

export interface ReadOptions {
  readonly recorder: Recorder;
  /** Whether the image lies on another, whose history and layers are left out. */
  readonly onBase: boolean;
  /** In milliseconds; times from here on are the build's. */
  readonly start: number;
}

/** Reads the image recorded in `folder`. */
export function readRecording(folder: string, { recorder, onBase, start }: ReadOptions): ImageFacts {
  const read = (name: string): unknown => JSON.parse(readFileSync(join(folder, name), "utf8"));
  const tree = new Map<string, Entry>();
  flatten(read("fs.json") as RecordedNode, "", (path, node) => void tree.set(path, entryOf(node, start)));
  const config = read("config.json") as ImageConfig;
  const own = onBase ? aboveBase(config, ONE_LAYER) : config;
  return { tree, document: documentFacts(recorder === "buildkit" ? own : withoutHabits(own)) };
}

/** The bases of the recordings were made of one tar each. */
export const ONE_LAYER = { rootfs: { diff_ids: [0] }, history: [{}] };

function flatten(node: RecordedNode, path: string, visit: (path: string, node: RecordedNode) => void): void {
  if (path !== "") visit(path, node);
  for (const [name, child] of Object.entries(node["(dir)"] ?? {})) flatten(child, `${path}/${name}`, visit);
}

function entryOf(node: RecordedNode, start: number): Entry {
  const { typeflag = 0, mode = 0, uid, gid, size, mtime, digest = EMPTY, linkname = "", xattrs = {} } = node;
  const type = TYPES[String.fromCharCode(typeflag)] ?? String(typeflag);
  const common = {
    type,
    mode: mode.toString(8),
    owner: `${uid}:${gid}`,
    time: timeOf(new Date(mtime), start),
    ...Object.fromEntries(Object.entries(xattrs).map(([name, value]) => [`xattr ${name}`, value])),
  };
  if (type === "symlink") return { ...common, link: linkname };
  return type === "file" ? { ...common, size: String(size), content: digest } : common;
}

/** What the classic builder and buildah say in every document: the container it was made in, and fields that say nothing. */
const OF_CONTAINERS = ["container", "container_config", "docker_version"];

function withoutHabits(document: ImageConfig): ImageConfig {
  const { Hostname: _, Labels, ...config } = document.config ?? {};
  const { "io.buildah.version": _version, ...labels } = Labels ?? {};
  const said = Object.entries({ ...config, Labels: labels }).filter(([, value]) => says(value));
  const rest = Object.entries(document).filter(([name]) => !OF_CONTAINERS.includes(name));
  return { ...(Object.fromEntries(rest) as unknown as ImageConfig), config: Object.fromEntries(said) };
}

function says(value: unknown): boolean {
  if (value === null || value === "" || value === false) return false;
  return typeof value !== "object" || Object.keys(value as object).length > 0;
}
