import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { type Digest, hexOf } from "../../core/digest.ts";
import { ifThere } from "../../core/if-there.ts";
import type { KernelLayers, LayerIndex } from "../../native/kernel.ts";
import type { RootStat } from "../snapshotter.ts";

/** Of an EROFS image: https://docs.kernel.org/filesystems/erofs.html */
const SUPER_OFFSET = 1024;
const MAGIC = 0xe0f5e1e2;
const BLOCK_BITS_AT = 12;
const ROOT_SLOT_AT = 14;
const BLOCKS_AT = 36;
const META_BLOCK_AT = 40;
const UUID_BYTES = 16;
/** A struct erofs_inode_extended, which all inodes here are. */
const INODE_SLOT = 32;
const INODE = { bytes: 64, mode: 4, uid: 24, gid: 28 } as const;

/**
 * Writes the index of the layer `tar` to the new file `path`. The filesystem's uuid comes from the diff id: overlayfs wants different ones
 * below it to keep inode numbers apart.
 */
export async function writeIndex(
  kernel: Pick<KernelLayers, "indexLayer">,
  files: { readonly tar: string; readonly path: string },
  diffId: Digest,
): Promise<LayerIndex> {
  const tar = openSync(files.tar, constants.O_RDONLY);
  try {
    const out = openSync(files.path, "wx", 0o600);
    try {
      const uuid = Buffer.from(hexOf(diffId), "hex").subarray(0, UUID_BYTES);
      return await kernel.indexLayer(tar, out, uuid);
    } finally {
      closeSync(out);
    }
  } finally {
    closeSync(tar);
  }
}

/** Mode and owner of the root directory, which a mount of the index would show. The index is whole. */
export function readIndexRoot(path: string): RootStat {
  const file = openSync(path, constants.O_RDONLY);
  try {
    const block = Buffer.alloc(META_BLOCK_AT + 4);
    readSync(file, block, 0, block.length, SUPER_OFFSET);
    const inodes = block.readUInt32LE(META_BLOCK_AT) * 2 ** block.readUInt8(BLOCK_BITS_AT);
    const inode = Buffer.alloc(INODE.bytes);
    readSync(file, inode, 0, inode.length, inodes + block.readUInt16LE(ROOT_SLOT_AT) * INODE_SLOT);
    return {
      mode: inode.readUInt16LE(INODE.mode),
      uid: inode.readUInt32LE(INODE.uid),
      gid: inode.readUInt32LE(INODE.gid),
    };
  } finally {
    closeSync(file);
  }
}

/** False for a file that is missing, was cut, or does not begin as an index does. */
export function isWholeIndex(path: string): boolean {
  const file = ifThere(() => openSync(path, constants.O_RDONLY));
  if (file === undefined) return false;
  try {
    const block = Buffer.alloc(BLOCKS_AT + 4);
    if (readSync(file, block, 0, block.length, SUPER_OFFSET) < block.length) return false;
    if (block.readUInt32LE(0) !== MAGIC) return false;
    return fstatSync(file).size === block.readUInt32LE(BLOCKS_AT) * 2 ** block.readUInt8(BLOCK_BITS_AT);
  } finally {
    closeSync(file);
  }
}
