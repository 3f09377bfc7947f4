import { renameSync } from "node:fs";
import type { KernelTrees } from "../native/kernel.ts";
import { temporaryPath } from "./content/temporary.ts";
import type { Paths } from "./paths.ts";

/** Trees that are removed at the same time. */
const MOST = 8;

/** Where trees go that nobody waits to see removed, only out of the way. */
export class Trash implements AsyncDisposable {
  readonly #paths: Paths;
  readonly #kernel: Pick<KernelTrees, "removeTree">;
  readonly #removals = new Set<Promise<void>>();

  constructor(paths: Paths, kernel: Pick<KernelTrees, "removeTree">) {
    this.#paths = paths;
    this.#kernel = kernel;
  }

  /**
   * Resolves when `path` is free; what was there is removed beside further work, or by the next who opens the root if this process is killed. Waits while
   * there is much to remove, so that nobody fills a disk faster than it is emptied. Nothing at `path` is fine.
   */
  async put(path: string): Promise<void> {
    while (this.#removals.size >= MOST) await Promise.race(this.#removals);
    const temporary = temporaryPath(this.#paths);
    try {
      renameSync(path, temporary);
    } catch {
      // There may be nothing. Overlayfs, for one, does not rename every directory.
      return this.#kernel.removeTree(path);
    }
    const removal: Promise<void> = this.#kernel
      .removeTree(temporary)
      // What resists is swept when this process has ended, and named by the store's check.
      .catch(() => undefined)
      .finally(() => this.#removals.delete(removal));
    this.#removals.add(removal);
  }

  /** Waits until all is removed. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#removals);
  }
}
