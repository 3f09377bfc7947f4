import type { Digest } from "../../../core/digest.ts";
import type { LayerInfo } from "../../../store/snapshotter.ts";
import type { LayerStore, Store } from "../../../store/types.ts";
import type { InternalSteps } from "../../internal-steps.ts";
import type { CacheMounts } from "../cache-mounts.ts";
import type { BuildMounts, NamedMount } from "./build-mounts.ts";
import { writeMountLayer } from "./mount-layer.ts";

export interface MountCopyParts {
  readonly store: Pick<Store, "trees"> & { readonly layers: Pick<LayerStore, "write"> };
  readonly here: CacheMounts;
  readonly build: BuildMounts;
  readonly steps: InternalSteps;
  readonly warn: (message: string) => void;
  /** Keeps a layer while the build lasts. */
  readonly claim: (layer: Digest) => void;
}

/** Makes layers of this machine's cache mounts, each once in a build. */
export class MountCopies {
  readonly #parts: MountCopyParts;
  readonly #copies = new Map<string, Promise<LayerInfo | undefined>>();

  constructor(parts: MountCopyParts) {
    this.#parts = parts;
  }

  /** Undefined when the mount is not here, or when somebody has it or came to have it, which is told: what was read then may be torn. */
  copy(mount: NamedMount): Promise<LayerInfo | undefined> {
    const copy = this.#copies.get(mount.name) ?? this.#copy(mount);
    this.#copies.set(mount.name, copy);
    return copy;
  }

  async #copy({ name, id }: NamedMount): Promise<LayerInfo | undefined> {
    const { here, steps, warn } = this.#parts;
    const before = here.look(name);
    if (before === undefined) return undefined;
    const isSame = (): boolean => here.look(name)?.idle === before.idle;
    const copied =
      before.idle === undefined
        ? undefined
        : await steps.run(`copying cache mount ${id}`, async (tell) => {
            const layer = await this.#write(before.path, isSame);
            if (layer !== undefined) tell("copied", layer.size);
            return layer;
          });
    if (copied === undefined)
      warn(`another build has the cache mount ${id}: it stays in the cache as it was there`);
    return copied;
  }

  async #write(path: string, isSame: () => boolean): Promise<LayerInfo | undefined> {
    const { store, build, claim } = this.#parts;
    build.pass();
    try {
      const layer = await writeMountLayer(store, path);
      claim(layer.diffId);
      return isSame() ? layer : undefined;
    } catch (error) {
      // A directory that changes while it is read can lead to any error.
      if (isSame()) throw error;
      return undefined;
    }
  }
}
