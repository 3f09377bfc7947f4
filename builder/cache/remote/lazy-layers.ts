import type { Descriptor } from "../../../core/descriptor.ts";
import type { Digest } from "../../../core/digest.ts";
import { mapLimited } from "../../../core/map-limited.ts";
import type { LayerStore } from "../../../store/types.ts";

/** A layer that is elsewhere. */
export interface RemoteLayer {
  readonly diffId: Digest;
  /** Bytes of the uncompressed tar, as the other place says; undefined when it does not. */
  readonly size?: number;
  /** Its form in a registry, by which it can be pushed without being here; undefined where it cannot. */
  readonly blob?: Descriptor;
  /** Brings it into the store. */
  readonly fetch: (signal: AbortSignal) => Promise<void>;
}

const PARALLEL = 4;

/**
 * The layers that one build knows by name alone. They count as there until somebody must look into them: bring() then fetches them, each
 * once.
 */
export class LazyLayers {
  readonly #layers: Pick<LayerStore, "stat">;
  readonly #known = new Map<Digest, RemoteLayer>();
  readonly #coming = new Map<Digest, Promise<void>>();

  constructor(layers: Pick<LayerStore, "stat">) {
    this.#layers = layers;
  }

  /** Where the same layer is known already, that place stays. */
  offer(layer: RemoteLayer): void {
    if (!this.#known.has(layer.diffId)) this.#known.set(layer.diffId, layer);
  }

  get(diffId: Digest): RemoteLayer | undefined {
    return this.#known.get(diffId);
  }

  /** Whether a layer is known to be somewhere else. */
  has(diffId: Digest): boolean {
    return this.#known.has(diffId);
  }

  /** Those of `layers` that are not in the store. */
  missing(layers: readonly Digest[]): readonly Digest[] {
    return [...new Set(layers)].filter((diffId) => this.#layers.stat(diffId) === undefined);
  }

  /** Sees to it that those of `layers` that are known here are in the store. Rejects with what their places reject with. */
  async bring(layers: readonly Digest[], signal: AbortSignal): Promise<void> {
    const known = layers.filter((diffId) => this.#known.has(diffId));
    const wanted = this.missing(known).flatMap((diffId) => this.#known.get(diffId) ?? []);
    await mapLimited(wanted, PARALLEL, (layer) => this.#bring(layer, signal));
  }

  #bring(layer: RemoteLayer, signal: AbortSignal): Promise<void> {
    const { diffId } = layer;
    const coming = this.#coming.get(diffId) ?? layer.fetch(signal).finally(() => this.#coming.delete(diffId));
    this.#coming.set(diffId, coming);
    return coming;
  }
}
