import { createHash } from "node:crypto";
import { once } from "node:events";
import { extract } from "tar-stream";
import type { ByteStream } from "../../../core/streams.ts";
import { CONTEXT_TIME } from "./context.ts";

/** One path of an image, in the words a comparison prints. `mtime` only where it is that of the context's files: the rest is the engine's clock. */
export interface TreeEntry {
  readonly type: string;
  readonly mode: string;
  readonly owner: string;
  readonly link?: string;
  readonly digest?: string;
  readonly mtime?: string;
}
export type ImageTree = Readonly<Record<string, TreeEntry>>;

/** What engines put into a container's root of their own accord. */
const INJECTED = /^(\.dockerenv|dev(\/.*)?|proc(\/.*)?|sys(\/.*)?|etc\/(hosts|hostname|resolv\.conf|mtab))$/;

/** Reads a root file system tar (`docker export`). Hard links become what they link to. */
export async function readTree(tar: ByteStream): Promise<ImageTree> {
  const entries: Record<string, TreeEntry> = {};
  const parser = extract();
  const reading = (async () => {
    for await (const entry of parser) {
      const { header } = entry;
      const hash = createHash("sha256");
      for await (const chunk of entry) hash.update(chunk as Uint8Array);
      const path = header.name.replace(/^\.?\//, "").replace(/\/$/, "");
      if (path === "" || INJECTED.test(path)) continue;
      if (header.type === "link") {
        const target = entries[(header.linkname ?? "").replace(/^\.?\//, "")];
        if (target !== undefined) entries[path] = target;
        continue;
      }
      entries[path] = describe(header, `sha256:${hash.digest("hex")}`);
    }
  })();
  for await (const chunk of tar) {
    if (!parser.write(chunk)) await once(parser, "drain");
  }
  parser.end(undefined);
  await reading;
  // Made only to hold the injected files, where the image has no such directory.
  if (!Object.keys(entries).some((path) => path.startsWith("etc/"))) delete entries["etc"];
  return entries;
}

interface Header {
  readonly type?: string | null;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly linkname?: string | null;
  readonly mtime?: Date;
}
const describe = (header: Header, digest: string): TreeEntry => ({
  type: header.type ?? "file",
  mode: (header.mode ?? 0).toString(8).padStart(4, "0"),
  owner: `${header.uid}:${header.gid}`,
  ...(header.type === "symlink" ? { link: header.linkname ?? "" } : {}),
  ...(header.type === "file" ? { digest } : {}),
  ...(header.type === "file" && header.mtime?.getTime() === CONTEXT_TIME.getTime()
    ? { mtime: "context" }
    : {}),
});

/** The entries of `tree` that `base` has not, or has otherwise; paths only `base` has are listed as gone. */
export function treeChanges(base: ImageTree, tree: ImageTree): ImageTree {
  const changed: Record<string, TreeEntry> = {};
  for (const path of Object.keys(tree).sort()) {
    const entry = tree[path];
    if (entry !== undefined && JSON.stringify(base[path]) !== JSON.stringify(entry)) changed[path] = entry;
  }
  for (const path of Object.keys(base)) {
    if (!(path in tree)) changed[path] = { type: "gone", mode: "", owner: "" };
  }
  return changed;
}
