import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Mount } from "../core/mount.ts";
import type { Trees } from "../store/types.ts";
import type { CreatedPath } from "./launch/launcher.ts";

/**
 * Which of the paths that were made in a root filesystem to mount on belong to nobody else: every mount point, and a directory above one as
 * long as nothing else is in it. Not to be part of a layer, nor listed as a change.
 */
export async function mountLeftovers(
  created: readonly CreatedPath[],
  rootfs: readonly Mount[],
  trees: Trees,
): Promise<readonly string[]> {
  const left = new Set(created.filter(({ parent }) => !parent).map(({ path }) => path));
  const parents = created.filter(({ parent }) => parent).map(({ path }) => path);
  if (parents.length === 0) return [...left];
  await allowAgain(rootfs);
  using tree = await trees.open(rootfs);
  for (const parent of parents.toSorted((a, b) => b.length - a.length)) {
    if (tree.stat(parent)?.type !== "dir") continue;
    const entries = await tree.scan(parent);
    if ([...entries].every(({ path }) => left.has(join(parent, path)))) left.add(parent);
  }
  return [...left];
}

/**
 * overlayfs refuses to mount a volatile upper directory a second time unless its mark is taken away, as nothing in it is known to be on the
 * disk. Here nothing has to be. https://docs.kernel.org/filesystems/overlayfs.html#volatile-mount
 */
async function allowAgain(rootfs: readonly Mount[]): Promise<void> {
  const { options = [] } = rootfs.at(-1) ?? {};
  const work = options.find((option) => option.startsWith("workdir="))?.slice("workdir=".length);
  if (work === undefined || !options.includes("volatile")) return;
  await rm(join(work, "work", "incompat"), { recursive: true, force: true });
}
