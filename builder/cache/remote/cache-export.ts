import type { Descriptor } from "../../../core/descriptor.ts";
import { type Digest, digestOf } from "../../../core/digest.ts";
import { COMPRESSED_LAYERS } from "../../../image/media-types.ts";
import type { Performed } from "../../solve/cached-performer.ts";
import { Semaphore } from "../../solve/semaphore.ts";
import type { BuildMounts, NamedMount } from "./build-mounts.ts";
import {
  CACHE_CONFIG_TYPE,
  type CacheDocument,
  type CacheLayer,
  encodeDocument,
  parseDocument,
} from "./document.ts";
import { type KnownRecords, portableKeys } from "./inline.ts";
import type { LazyLayers } from "./lazy-layers.ts";
import type { MountCopies } from "./mount-copies.ts";
import type { CacheExport, CachePlace } from "./types.ts";

export interface ExportParts {
  readonly place: CachePlace;
  readonly compression: CacheExport["compression"];
  readonly known: KnownRecords;
  readonly lazy: LazyLayers;
  readonly signal: AbortSignal;
}

/** Layers sent at a time: enough to hide the way to a registry, few enough to leave the processors to the build. */
const PARALLEL = 3;

/**
 * Writes what a build does into a cache elsewhere while the build goes on: layers are sent as their steps finish, and finish() has only the
 * documents left to write.
 */
export class CacheWriter {
  readonly #parts: ExportParts;
  readonly #slots = new Semaphore(PARALLEL);
  readonly #sending = new Map<Digest, Promise<Descriptor>>();
  readonly #results: Performed[] = [];
  readonly #mounts = new Map<string, CacheLayer>();
  readonly #before: Promise<Former>;

  constructor(parts: ExportParts) {
    this.#parts = parts;
    this.#before = readFormer(parts.place, parts.signal);
  }

  /** Takes the result of a step. */
  add(performed: Performed): void {
    this.#results.push(performed);
    this.#begin(performed.layer);
  }

  /** Takes the cache mounts of a build whose steps have ended. Rejects with what reading them rejects with. */
  async addMounts(mounts: BuildMounts, copies: MountCopies): Promise<void> {
    for (const mount of mounts.list()) {
      const layer = await this.#layerOf(mount, mounts, copies);
      if (layer === undefined) continue;
      this.#mounts.set(mount.name, layer);
      this.#begin(layer);
    }
  }

  /** What no command had, and what cannot be read, stays as it is known elsewhere. */
  async #layerOf(
    mount: NamedMount,
    mounts: BuildMounts,
    copies: MountCopies,
  ): Promise<CacheLayer | undefined> {
    const kept = (await this.#before).mounts.get(mount.name);
    if (kept !== undefined && !mounts.isUsed(mount.name)) return kept;
    return (await copies.copy(mount)) ?? kept ?? mounts.find(mount.name)?.layer;
  }

  #begin({ diffId }: CacheLayer): void {
    if (this.#sending.has(diffId)) return;
    const sending = this.#slots.run(() => this.#send(diffId));
    // finish() tells of it.
    sending.catch(() => undefined);
    this.#sending.set(diffId, sending);
  }

  /** Waits for the layers and names the cache. Rejects with what the place rejects with. */
  async finish(): Promise<void> {
    const { place, signal } = this.#parts;
    const blobs = new Map<Digest, Descriptor>();
    for (const [diffId, sending] of this.#sending) blobs.set(diffId, await sending);
    const document = this.#document();
    const config = encodeDocument(document);
    const { config: former } = await this.#before;
    if (former !== undefined && digestOf(former) === digestOf(config)) return;
    await place.publish(
      config,
      document.layers.flatMap(({ diffId }) => blobs.get(diffId) ?? []),
      { signal },
    );
  }

  async #send(diffId: Digest): Promise<Descriptor> {
    const { place, lazy, compression, signal } = this.#parts;
    const fits = (blob: Descriptor | undefined): blob is Descriptor =>
      blob !== undefined && COMPRESSED_LAYERS[compression].includes(blob.mediaType);
    const there = (await this.#before).blobs.get(diffId);
    if (fits(there)) return there;
    const known = lazy.get(diffId)?.blob;
    if (place.relays && fits(known)) return place.send({ diffId, known }, { compression, signal });
    await lazy.bring([diffId], signal);
    // Of a mount that only this place has, another form cannot be made.
    if (there !== undefined && lazy.missing([diffId]).length > 0) return there;
    return place.send({ diffId }, { compression, signal });
  }

  /** In an order that the schedule has no part in: equal builds leave equal caches. */
  #document(): CacheDocument {
    const all = [...this.#results.map(({ layer }) => layer), ...this.#mounts.values()];
    const layers = new Map(all.map((layer) => [layer.diffId, layer]));
    const sorted = [...layers.values()].toSorted((a, b) => (a.diffId < b.diffId ? -1 : 1));
    const index = new Map(sorted.map(({ diffId }, i) => [diffId, i]));
    const indexOf = ({ diffId }: CacheLayer): number => index.get(diffId) ?? 0;
    const records = new Map(
      this.#results.flatMap(({ key, layer }) =>
        portableKeys(this.#parts.known, key.definition, layer.diffId).map((record) => {
          const entry = { ...record, layer: indexOf(layer) };
          return [`${record.definition} ${record.inputs}`, entry] as const;
        }),
      ),
    );
    return {
      layers: sorted.map(({ diffId, size }) => ({ diffId, size })),
      records: [...records].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, record]) => record),
      mounts: [...this.#mounts].map(([name, layer]) => ({ name, layer: indexOf(layer) })),
    };
  }
}

interface Former {
  readonly config?: Buffer;
  /** By what they hold. */
  readonly blobs: ReadonlyMap<Digest, Descriptor>;
  /** By their names. */
  readonly mounts: ReadonlyMap<string, CacheLayer>;
}

/** What the place has now need not be sent again. Whatever else is there will be replaced. */
async function readFormer(place: CachePlace, signal: AbortSignal): Promise<Former> {
  const found = await place.read({ signal }).catch(() => undefined);
  const document = found?.configType === CACHE_CONFIG_TYPE ? parseDocument(found.config) : undefined;
  if (found === undefined || document === undefined) return { blobs: new Map(), mounts: new Map() };
  const pairs = document.layers.flatMap(({ diffId }, i) => {
    const blob = found.layers[i];
    return blob === undefined ? [] : [[diffId, blob] as const];
  });
  const mounts = document.mounts.flatMap(({ name, layer: index }) => {
    const layer = document.layers[index];
    return layer === undefined ? [] : [[name, layer] as const];
  });
  return { config: found.config, blobs: new Map(pairs), mounts: new Map(mounts) };
}
