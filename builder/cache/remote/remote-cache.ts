import type { Digest } from "../../../core/digest.ts";
import { describeError } from "../../../core/errors.ts";
import type { ImageConfig } from "../../../image/config.ts";
import type { Store } from "../../../store/types.ts";
import type { InternalSteps } from "../../internal-steps.ts";
import type { LayerStep, Outcomes, Plan, StepId } from "../../plan/step.ts";
import type { Performed } from "../../solve/cached-performer.ts";
import type { BuildRequest } from "../../types.ts";
import type { CacheMounts } from "../cache-mounts.ts";
import type { CacheRecords } from "../cache-records.ts";
import { BuildMounts } from "./build-mounts.ts";
import { CacheWriter } from "./cache-export.ts";
import { importCaches } from "./cache-imports.ts";
import { type KnownRecords, withInlineCache } from "./inline.ts";
import { LazyLayers } from "./lazy-layers.ts";
import { MountCopies } from "./mount-copies.ts";
import { RemoteRecords } from "./remote-records.ts";
import type { CacheExport, CacheLocation, CachePlace, CachePlaces } from "./types.ts";

export interface RemoteCacheParts {
  readonly caches: CachePlaces;
  readonly records: CacheRecords;
  readonly store: Pick<Store, "layers" | "trees" | "collect">;
  readonly cacheMounts: CacheMounts;
  readonly steps: InternalSteps;
  readonly warn: (message: string) => void;
  readonly signal: AbortSignal;
}

type Wanted = Pick<BuildRequest, "cacheFrom" | "cacheTo" | "credentials">;

interface Writing {
  readonly place: CachePlace;
  readonly wanted: CacheExport;
  readonly writer: CacheWriter;
  readonly copies: MountCopies;
}

/** The caches of other machines that one build reads and writes. To be disposed when the build's lease has ended. */
export class RemoteCache implements AsyncDisposable {
  readonly records = new RemoteRecords();
  readonly lazy: LazyLayers;
  readonly mounts = new BuildMounts();
  readonly #wanted: Wanted;
  readonly #parts: RemoteCacheParts;
  readonly #writing: Writing[] = [];
  /** The steps whose layers the image has. */
  #ofResult: ReadonlySet<StepId> = new Set();

  constructor(wanted: Wanted, parts: RemoteCacheParts) {
    this.#wanted = wanted;
    this.#parts = parts;
    this.lazy = new LazyLayers(parts.store.layers);
  }

  get #from(): readonly CacheLocation[] {
    return this.#wanted.cacheFrom ?? [];
  }
  get #to(): readonly CacheExport[] {
    return this.#wanted.cacheTo ?? [];
  }

  get isRead(): boolean {
    return this.#from.length > 0;
  }

  /** Reads what is to be read. */
  async load(): Promise<void> {
    const { steps, warn, signal } = this.#parts;
    const { records, lazy: layers, mounts } = this;
    await importCaches(
      this.#from.map((location) => this.#open(location)),
      { steps, layers, records, mounts, warn, signal },
    );
  }

  /** From now on results are written. `claim` keeps a layer while the build lasts. */
  begin(plan: Plan, claim: (layer: Digest) => void): void {
    this.#ofResult = chainOf(plan);
    const { signal, store, cacheMounts: here, steps, warn } = this.#parts;
    const copies = new MountCopies({ store, here, build: this.mounts, steps, warn, claim });
    for (const wanted of this.#to) {
      if (wanted.to.kind === "inline") continue;
      const place = this.#open(wanted.to);
      const { compression } = wanted;
      const writer = new CacheWriter({ place, compression, known: this.#known, lazy: this.lazy, signal });
      this.#writing.push({ place, wanted, writer, copies });
    }
  }

  done({ id }: LayerStep, performed: Performed): void {
    for (const { wanted, writer } of this.#writing)
      if (wanted.mode === "max" || this.#ofResult.has(id)) writer.add(performed);
  }

  /** The image's configuration, with its cache in it if that is wanted. */
  inline(config: ImageConfig, plan: Plan, outcomes: Outcomes): ImageConfig {
    const isWanted = this.#to.some(({ to }) => to.kind === "inline");
    return isWanted ? withInlineCache(config, plan, { outcomes, known: this.#known }) : config;
  }

  get #known(): KnownRecords {
    return { here: this.#parts.records, there: this.records };
  }

  /** Ends the writing. Rejects when a cache could not be written, unless that was not to matter. */
  async finish(): Promise<void> {
    await Promise.all(this.#writing.map((one) => this.#finish(one)));
  }

  /** After a failed build: what was done until then is of use to the next one, and the failure is what is to be told. */
  async finishFailed(): Promise<void> {
    if (this.#parts.signal.aborted) return;
    await Promise.allSettled(this.#writing.map((one) => this.#write(one)));
  }

  async #write({ wanted, writer, copies }: Writing): Promise<void> {
    if (wanted.mounts) await writer.addMounts(this.mounts, copies);
    await writer.finish();
  }

  async #finish(one: Writing): Promise<void> {
    const { place, wanted } = one;
    try {
      await this.#parts.steps.run(`exporting cache to ${place.name}`, () => this.#write(one));
    } catch (error) {
      if (!wanted.ignoreErrors || this.#parts.signal.aborted) throw error;
      this.#parts.warn(`the cache was not written to ${place.name}: ${describeError(error)}`);
    }
  }

  /** Takes the layers that cache mounts came or went by out of the store. */
  async [Symbol.asyncDispose](): Promise<void> {
    const { store, warn, signal } = this.#parts;
    if (!this.mounts.hasPassing || signal.aborted) return;
    try {
      await store.collect({ signal });
    } catch (error) {
      warn(`layers of cache mounts are left in the store: ${describeError(error)}`);
    }
  }

  #open(location: CacheLocation): CachePlace {
    const { credentials } = this.#wanted;
    return this.#parts.caches.open(location, credentials === undefined ? {} : { credentials });
  }
}

function chainOf({ steps, result }: Plan): ReadonlySet<StepId> {
  const byId = new Map(steps.map((step) => [step.id, step]));
  const chain = new Set<StepId>();
  let at = result;
  while (at !== undefined) {
    chain.add(at);
    const step = byId.get(at);
    at = step === undefined || step.kind === "image" ? undefined : step.parent;
  }
  return chain;
}
