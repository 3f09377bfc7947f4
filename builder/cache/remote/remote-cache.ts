import { describeError } from "../../../core/errors.ts";
import type { CredentialSource } from "../../../core/registry-credentials.ts";
import type { ImageConfig } from "../../../image/config.ts";
import type { LayerStore } from "../../../store/types.ts";
import type { InternalSteps } from "../../internal-steps.ts";
import type { LayerStep, Outcomes, Plan, StepId } from "../../plan/step.ts";
import type { Performed } from "../../solve/cached-performer.ts";
import type { CacheRecords } from "../cache-records.ts";
import { CacheWriter } from "./cache-export.ts";
import { importCaches } from "./cache-imports.ts";
import { type KnownRecords, withInlineCache } from "./inline.ts";
import { LazyLayers } from "./lazy-layers.ts";
import { RemoteRecords } from "./remote-records.ts";
import type { CacheExport, CacheLocation, CachePlace, CachePlaces } from "./types.ts";

export interface RemoteCacheParts {
  readonly from: readonly CacheLocation[];
  readonly to: readonly CacheExport[];
  readonly places: CachePlaces;
  readonly credentials?: CredentialSource;
  readonly records: CacheRecords;
  readonly layers: LayerStore;
  readonly steps: InternalSteps;
  readonly warn: (message: string) => void;
  readonly signal: AbortSignal;
}

interface Writing {
  readonly place: CachePlace;
  readonly wanted: CacheExport;
  readonly writer: CacheWriter;
}

/** The caches of other machines that one build reads and writes. */
export class RemoteCache {
  readonly records = new RemoteRecords();
  readonly lazy: LazyLayers;
  readonly #parts: RemoteCacheParts;
  readonly #writing: Writing[] = [];
  /** The steps whose layers the image has. */
  #ofResult: ReadonlySet<StepId> = new Set();

  constructor(parts: RemoteCacheParts) {
    this.#parts = parts;
    this.lazy = new LazyLayers(parts.layers);
  }

  get isRead(): boolean {
    return this.#parts.from.length > 0;
  }

  /** Reads what is to be read. */
  async load(): Promise<void> {
    const { from, steps, warn, signal } = this.#parts;
    const { records, lazy: layers } = this;
    await importCaches(
      from.map((location) => this.#open(location)),
      { steps, layers, records, warn, signal },
    );
  }

  /** From now on results are written. */
  begin(plan: Plan): void {
    this.#ofResult = chainOf(plan);
    const { to, signal } = this.#parts;
    for (const wanted of to) {
      if (wanted.to.kind === "inline") continue;
      const place = this.#open(wanted.to);
      const { compression } = wanted;
      const writer = new CacheWriter({ place, compression, known: this.#known, lazy: this.lazy, signal });
      this.#writing.push({ place, wanted, writer });
    }
  }

  done({ id }: LayerStep, performed: Performed): void {
    for (const { wanted, writer } of this.#writing)
      if (wanted.mode === "max" || this.#ofResult.has(id)) writer.add(performed);
  }

  /** The image's configuration, with its cache in it if that is wanted. */
  inline(config: ImageConfig, plan: Plan, outcomes: Outcomes): ImageConfig {
    const isWanted = this.#parts.to.some(({ to }) => to.kind === "inline");
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
    await Promise.allSettled(this.#writing.map(({ writer }) => writer.finish()));
  }

  async #finish({ place, wanted, writer }: Writing): Promise<void> {
    try {
      await this.#parts.steps.run(`exporting cache to ${place.name}`, () => writer.finish());
    } catch (error) {
      if (!wanted.ignoreErrors || this.#parts.signal.aborted) throw error;
      this.#parts.warn(`the cache was not written to ${place.name}: ${describeError(error)}`);
    }
  }

  #open(location: CacheLocation): CachePlace {
    const { places, credentials } = this.#parts;
    return places.open(location, credentials === undefined ? {} : { credentials });
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
