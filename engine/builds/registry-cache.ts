import { CACHE_ARTIFACT_TYPE, CACHE_CONFIG_TYPE } from "../../builder/cache/remote/document.ts";
import type { CachePlace, FoundCache, PlacedLayer } from "../../builder/cache/remote/types.ts";
import type { Compression } from "../../core/compression.ts";
import type { Descriptor } from "../../core/descriptor.ts";
import type { Digest } from "../../core/digest.ts";
import { familiarReference, parseReference, type Reference, withDefaultTag } from "../../core/reference.ts";
import type { Abortable } from "../../core/streams.ts";
import type { Artifacts } from "../../registry/client/artifacts.ts";
import { askedAt } from "../../registry/client/asked.ts";
import type { Asked } from "../../registry/client/registries.ts";
import type { CachePlaceParts } from "./cache-places.ts";

/** A cache under a tag of a registry. */
export class RegistryCache implements CachePlace {
  readonly name: string;
  readonly relays = true;
  readonly #parts: CachePlaceParts;
  readonly #reference: Reference;

  /** Throws REFERENCE_INVALID. */
  constructor(parts: CachePlaceParts, reference: string) {
    this.#parts = parts;
    this.#reference = withDefaultTag(parseReference(reference));
    this.name = familiarReference(this.#reference);
  }

  async read(options: Abortable = {}): Promise<FoundCache | undefined> {
    return (await this.#artifacts()).read(this.#reference, await this.#asked(options));
  }

  async fetch(layer: PlacedLayer, options: Abortable = {}): Promise<void> {
    await (await this.#artifacts()).fetchLayer(this.#reference, layer, await this.#asked(options));
  }

  async send(
    { diffId, known }: { readonly diffId: Digest; readonly known?: Descriptor },
    { compression, ...options }: { readonly compression: Compression } & Abortable,
  ): Promise<Descriptor> {
    const layer = { diffId, ...(known === undefined ? {} : { named: known }) };
    const asked = { compression, ...(await this.#asked(options)) };
    return (await this.#artifacts()).sendLayer(this.#reference, layer, asked);
  }

  async publish(config: Buffer, layers: readonly Descriptor[], options: Abortable = {}): Promise<void> {
    const artifact = {
      artifactType: CACHE_ARTIFACT_TYPE,
      configType: CACHE_CONFIG_TYPE,
      config,
      layers,
    };
    await (await this.#artifacts()).publish(this.#reference, artifact, await this.#asked(options));
  }

  async #artifacts(): Promise<Artifacts> {
    return (await this.#parts.registries.client()).artifacts;
  }

  #asked(options: Abortable): Promise<Asked> {
    const { credentials } = this.#parts;
    const as = credentials === undefined ? {} : { credentials };
    return askedAt(this.#reference.domain, { ...options, ...as });
  }
}
