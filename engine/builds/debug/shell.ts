import { closeSync, readSync } from "node:fs";
import type { TransientMount } from "../../../core/mount.ts";
import type { Store, Tree } from "../../../store/types.ts";

/** In the order of how pleasant they are. */
const SHELLS = [
  "/bin/bash",
  "/usr/bin/bash",
  "/bin/sh",
  "/usr/bin/sh",
  "/bin/ash",
  "/bin/dash",
  "/busybox/sh",
];
/** A static busybox of this machine or of an image here, for states that have no shell. */
const LENT = ["/bin/busybox", "/usr/bin/busybox", "/sbin/busybox", "/usr/lib/initcpio/busybox"];
const LENDER = "busybox";
const LENT_FOLDER = "/.slipway";

export interface Shell {
  readonly args: readonly [string, ...string[]];
  /** What must be mounted for it. */
  readonly mounts: readonly TransientMount[];
  /** Where its commands are, if they are lent: the last of PATH. */
  readonly path?: string;
}

/** A shell for a root filesystem: its own, else a busybox that needs nothing else. Undefined when there is none. */
export async function findShell(
  root: Tree,
  store: Pick<Store, "images" | "snapshots" | "trees">,
): Promise<Shell | undefined> {
  const own = SHELLS.find((path) => isRunnable(root, path));
  if (own !== undefined) return { args: [own], mounts: [] };
  using host = await store.trees.openDirectory("/");
  const path = LENT.find((candidate) => isStatic(host, candidate));
  if (path !== undefined)
    return lent({ kind: "host", target: `${LENT_FOLDER}/busybox`, path, readOnly: true });
  return await lentByImage(store);
}

const lent = (mount: TransientMount): Shell => ({
  args: [`${LENT_FOLDER}/busybox`, "sh"],
  mounts: [mount],
  path: LENT_FOLDER,
});

/** All commands of an image called busybox. */
async function lentByImage({
  images,
  snapshots,
  trees,
}: Pick<Store, "images" | "snapshots" | "trees">): Promise<Shell | undefined> {
  const image = images.find(LENDER);
  if (image === undefined) return undefined;
  const mounts = await snapshots.view(image.layers);
  using tree = await trees.open(mounts);
  if (!isStatic(tree, "/bin/busybox")) return undefined;
  return {
    args: [`${LENT_FOLDER}/busybox`, "sh"],
    mounts: [{ kind: "rootfs", target: LENT_FOLDER, mounts, path: tree.resolve("/bin"), readOnly: true }],
    path: LENT_FOLDER,
  };
}

function isRunnable(tree: Tree, path: string): boolean {
  const stat = tree.stat(tree.resolve(path));
  return stat?.type === "file" && (stat.mode & 0o111) !== 0;
}

const HEAD = 4096;
const PT_INTERP = 3;

/** True for a 64-bit ELF program that names no interpreter: elf(5). */
function isStatic(tree: Tree, path: string): boolean {
  if (!isRunnable(tree, path)) return false;
  const file = tree.openFile(path);
  try {
    const head = Buffer.alloc(HEAD);
    const size = readSync(file, head, 0, HEAD, 0);
    return size >= 64 && head.readUInt32BE(0) === 0x7f454c46 && head[4] === 2 && !hasInterpreter(head);
  } finally {
    closeSync(file);
  }
}

function hasInterpreter(head: Buffer): boolean {
  const start = Number(head.readBigUInt64LE(32));
  const [size, count] = [head.readUInt16LE(54), head.readUInt16LE(56)];
  for (let i = 0; i < count && start + i * size + 4 <= head.byteLength; i += 1)
    if (head.readUInt32LE(start + i * size) === PT_INTERP) return true;
  return false;
}
