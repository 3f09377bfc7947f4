import { closeSync } from "node:fs";
import { type Mount, renameTargets } from "../core/mount.ts";
import type { Kernel } from "../native/kernel.ts";

/** Milliseconds. A layer is let go so long after the last step that used it: a build that runs on mounts it once. */
const IDLE_MS = 1000;

/** A root filesystem whose mounts hold until it is disposed. */
export interface MountedRootfs extends Disposable {
  readonly rootfs: readonly Mount[];
}

interface Held {
  readonly key: string;
  readonly mount: Promise<number>;
  users: number;
  idle?: NodeJS.Timeout;
}

/**
 * Layers that are filesystems of their own, mounted once for all steps that this process runs. Each mount has a page cache of its own, so that
 * a step which mounted them again would read its shell and libraries anew.
 * A mount has no place in any namespace. It is a descriptor, through which launchers find it, and so ends with this process, however that ends.
 */
export class MountedLayers implements AsyncDisposable {
  readonly #kernel: Pick<Kernel, "openRootfs">;
  readonly #held = new Map<string, Held>();

  constructor(kernel: Pick<Kernel, "openRootfs">) {
    this.#kernel = kernel;
  }

  /** The same root filesystem with its layers mounted already. Rejects with SYSCALL_FAILED where one cannot be. */
  async use(rootfs: readonly Mount[]): Promise<MountedRootfs> {
    const layers = rootfs.filter(isLayer).map((mount) => ({ mount, held: this.#take(mount) }));
    const release = (): void => {
      for (const { held } of layers) this.#release(held);
    };
    try {
      const names = new Map<string, string>();
      for (const { mount, held } of layers)
        names.set(mount.target, `/proc/${process.pid}/fd/${await held.mount}`);
      const others = rootfs.filter((mount) => !isLayer(mount));
      return { rootfs: others.map((mount) => renameTargets(mount, names)), [Symbol.dispose]: release };
    } catch (error) {
      release();
      throw error;
    }
  }

  #take(mount: Mount): Held {
    const key = JSON.stringify([mount.source, mount.options]);
    const held = this.#held.get(key) ?? this.#mount(key, mount);
    clearTimeout(held.idle);
    held.users += 1;
    return held;
  }

  #mount(key: string, mount: Mount): Held {
    const held: Held = { key, mount: this.#kernel.openRootfs([mount]), users: 0 };
    this.#held.set(key, held);
    // Told to all who wait for it; whoever comes later tries again.
    held.mount.catch(() => this.#held.delete(key));
    return held;
  }

  #release(held: Held): void {
    held.users -= 1;
    if (held.users === 0 && this.#held.get(held.key) === held)
      held.idle = setTimeout(() => void this.#close(held), IDLE_MS).unref();
  }

  async #close(held: Held): Promise<void> {
    clearTimeout(held.idle);
    this.#held.delete(held.key);
    closeSync(await held.mount);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#held.values()].map((held) => this.#close(held)));
  }
}

const isLayer = (mount: Mount): mount is Mount & { readonly target: string } =>
  mount.type === "erofs" && mount.target !== undefined;
