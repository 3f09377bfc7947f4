import { closeSync, constants, lstatSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import type { Digest } from "../../../core/digest.ts";
import { Failure } from "../../../core/errors.ts";
import { looksCompressed } from "../../../image/sniff.ts";
import { toLayerEntry } from "../../../store/snapshots/layer-entries.ts";
import type { LayerInfo } from "../../../store/snapshotter.ts";
import type { LayerStore, Lease, Store } from "../../../store/types.ts";

/** What the directory of a mount is called in its layer. */
const TOP = "mount";
const HEAD = 16;

/** Makes a layer of a directory with all below it but sockets; the same content and times give the same layer. */
export async function writeMountLayer(
  { trees, layers }: Pick<Store, "trees"> & { readonly layers: Pick<LayerStore, "write"> },
  path: string,
): Promise<LayerInfo> {
  using tree = await trees.openDirectory(path);
  const stat = tree.stat("/");
  if (stat === undefined) throw new Failure("SYSCALL_FAILED", { syscall: "stat", errno: "ENOENT", path });
  const links = new Map<bigint, string>();
  const below = (await tree.scan("/")).filter((entry) => entry.stat.type !== "socket");
  return await layers.write(tree.fd, [
    toLayerEntry(tree, { path: "/", stat }, { links, as: TOP }),
    ...below.map((entry) => toLayerEntry(tree, entry, { links, as: `${TOP}/${entry.path}` })),
  ]);
}

/** Makes a directory, which goes with the lease, of a mount's layer. Rejects with ARCHIVE_INVALID. */
export async function unpackMountLayer(
  { content, layers }: Pick<Store, "content" | "layers">,
  diffId: Digest,
  lease: Lease,
): Promise<string> {
  const tar = openSync(content.path(diffId), constants.O_RDONLY);
  try {
    // What was compressed twice would grow without a limit.
    const head = Buffer.alloc(HEAD);
    readSync(tar, head, 0, HEAD, 0);
    const directory = looksCompressed(head) ? undefined : await layers.unpackArchive(tar, lease);
    const path = directory === undefined ? undefined : join(directory, TOP);
    // A link would be followed when it is mounted.
    if (path === undefined || lstatSync(path, { throwIfNoEntry: false })?.isDirectory() !== true)
      throw new Failure("ARCHIVE_INVALID", { why: `a cache mount is a tar with a directory ${TOP}` });
    return path;
  } finally {
    closeSync(tar);
  }
}
