import { hexOf } from "../../core/digest.ts";
import type { LayerInfo } from "../../store/snapshotter.ts";
import type { LayerStore, Locks } from "../../store/types.ts";
import type { CacheRecord, CacheRecords, RecordKey } from "../cache/cache-records.ts";
import { keyOf, type Part } from "../cache/preimage.ts";
import type { Operation } from "./operation.ts";
import { SingleFlight } from "./single-flight.ts";

export interface Performed {
  readonly layer: LayerInfo;
  readonly created: string;
  readonly cached: boolean;
}

export interface PerformOptions {
  readonly noCache: boolean;
  readonly signal: AbortSignal;
  /** The time of a result made now, as image histories have it. Asked only on a miss. */
  readonly created: () => Promise<string>;
}

interface Dependencies {
  readonly records: CacheRecords;
  readonly layers: LayerStore;
  readonly locks: Locks;
}

/**
 * Performs operations through the cache: what was done before is not done again, in this process or another one of the same root.
 * A record whose layer is gone is no hit.
 */
export class CachedPerformer {
  readonly #deps: Dependencies;
  readonly #flights = new SingleFlight<Performed>();
  readonly #used = new Set<number>();

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  async run(operation: Operation, options: PerformOptions): Promise<Performed> {
    const definition = keyOf(operation.definition);
    const known = operation.identity;
    if (known !== undefined && !options.noCache) {
      const hit = this.#find({ definition, inputs: keyOf(known) });
      if (hit !== undefined) return hit;
    }
    const inputs = await operation.inputs();
    const key = { definition, inputs: keyOf(inputs) };
    const found = options.noCache ? undefined : this.#find(key);
    const done = found ?? (await this.#once(operation, key, inputs, options));
    // The content was equal although the identity was not: next time the identity is enough.
    if (known !== undefined)
      this.#deps.records.put(
        { definition, inputs: keyOf(known) },
        { definition: operation.definition, inputs },
        done,
      );
    return done;
  }

  /** Marks what was found as used; once, at the end of a build. */
  touchUsed(): void {
    this.#deps.records.touch([...this.#used]);
    this.#used.clear();
  }

  #find(key: RecordKey): Performed | undefined {
    const record = this.#deps.records
      .candidates(key.definition)
      .find(({ inputs, layer }) => inputs === key.inputs && this.#isPresent(layer));
    if (record === undefined) return undefined;
    this.#used.add(record.id);
    return { layer: record.layer, created: record.created, cached: true };
  }

  #isPresent = (layer: LayerInfo): boolean => this.#deps.layers.stat(layer.diffId) !== undefined;

  #once(
    operation: Operation,
    key: RecordKey,
    inputs: readonly Part[],
    options: PerformOptions,
  ): Promise<Performed> {
    const name = keyOf([
      ["definition", key.definition],
      ["inputs", key.inputs],
    ]);
    // A build without cache must not take what another one finds there.
    const flight = options.noCache ? `${name} again` : name;
    return this.#flights.run(flight, async () => {
      const { signal } = options;
      await using _lock = await this.#deps.locks.hold(`step-${hexOf(name)}`, { signal });
      const meanwhile = options.noCache ? undefined : this.#find(key);
      if (meanwhile !== undefined) return meanwhile;
      const layer = await operation.perform(signal);
      const former = await this.#former(key, layer);
      const result =
        former === undefined
          ? { layer, created: await options.created() }
          : { layer: former.layer, created: former.created };
      this.#deps.records.put(key, { definition: operation.definition, inputs }, result);
      return { ...result, cached: false };
    });
  }

  /**
   * The record of the same operation, preferably on the same inputs, whose layer is `layer` but for its times. Taking the former layer
   * stops the cascade: the steps after this one find their inputs unchanged.
   */
  async #former(key: RecordKey, layer: LayerInfo): Promise<CacheRecord | undefined> {
    const candidates = this.#deps.records.candidates(key.definition);
    const best = candidates.find(({ inputs }) => inputs === key.inputs) ?? candidates[0];
    if (best === undefined || !this.#isPresent(best.layer)) return undefined;
    if (best.layer.diffId === layer.diffId) return best;
    // Times have a fixed width in a tar, so layers of different sizes differ in more.
    if (best.layer.size !== layer.size) return undefined;
    return (await this.#deps.layers.same(best.layer.diffId, layer.diffId)) ? best : undefined;
  }
}
