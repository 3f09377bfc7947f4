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
  /** The key of its record, if it has one. */
  readonly key: RecordKey;
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
    const identity = await operation.identity?.();
    const known = identity === undefined ? undefined : { definition, inputs: keyOf(identity) };
    const hit = known === undefined || options.noCache ? undefined : this.#find(known);
    if (hit !== undefined) return hit;
    // What was never done cannot be found, so its inputs need not be read before it is done.
    const isNew = options.noCache || this.#deps.records.latest(definition) === undefined;
    if (isNew && known !== undefined) return this.#once({ operation, name: known, known }, options);
    const inputs = await operation.inputs();
    const key = { definition, inputs: keyOf(inputs) };
    const found = options.noCache ? undefined : this.#find(key);
    if (found === undefined) return this.#once({ operation, name: key, inputs, known }, options);
    // The content was equal although the identity was not: next time the identity is enough.
    if (known !== undefined) this.#put(known, operation, inputs, found);
    return found;
  }

  /** Marks what was found as used; once, at the end of a build. */
  touchUsed(): void {
    this.#deps.records.touch([...this.#used]);
    this.#used.clear();
  }

  #find(key: RecordKey): Performed | undefined {
    const record = this.#deps.records.find(key);
    if (record === undefined || !this.#isPresent(record.layer)) return undefined;
    this.#used.add(record.id);
    return { layer: record.layer, created: record.created, cached: true, key };
  }

  #isPresent = (layer: LayerInfo): boolean => this.#deps.layers.stat(layer.diffId) !== undefined;

  #put(key: RecordKey, { definition }: Operation, inputs: readonly Part[], result: Performed): void {
    this.#deps.records.put(key, { definition, inputs }, result);
  }

  #once(work: Work, options: PerformOptions): Promise<Performed> {
    const name = keyOf(Object.entries(work.name));
    // A build without cache must not take what another one finds there.
    const flight = options.noCache ? `${name} again` : name;
    return this.#flights.run(flight, async () => {
      const { signal } = options;
      await using _lock = await this.#deps.locks.hold(`step-${hexOf(name)}`, { signal });
      const meanwhile = options.noCache ? undefined : this.#find(work.name);
      return meanwhile ?? (await this.#perform(work, options));
    });
  }

  async #perform({ operation, known, ...work }: Work, options: PerformOptions): Promise<Performed> {
    const [layer, inputs] = await both(operation.perform(options.signal), work.inputs ?? operation.inputs());
    const key = { definition: work.name.definition, inputs: keyOf(inputs) };
    const former = await this.#former(key, layer);
    const made = former ?? { layer, created: await options.created() };
    const result = { layer: made.layer, created: made.created, cached: false, key };
    if ((await operation.unchanged?.()) === false) return result;
    this.#put(key, operation, inputs, result);
    if (known !== undefined) this.#put(known, operation, inputs, result);
    return result;
  }

  /**
   * The record of the same operation, preferably on the same inputs, whose layer is `layer` but for its times. Taking the former layer
   * stops the cascade: the steps after this one find their inputs unchanged.
   */
  async #former(key: RecordKey, layer: LayerInfo): Promise<CacheRecord | undefined> {
    const { records } = this.#deps;
    const best = records.find(key) ?? records.latest(key.definition);
    if (best === undefined || !this.#isPresent(best.layer)) return undefined;
    if (best.layer.diffId === layer.diffId) return best;
    // Times have a fixed width in a tar, so layers of different sizes differ in more.
    if (best.layer.size !== layer.size) return undefined;
    return (await this.#deps.layers.same(best.layer.diffId, layer.diffId)) ? best : undefined;
  }
}

interface Work {
  readonly operation: Operation;
  /** What is locked: one execution at a time. */
  readonly name: RecordKey;
  /** The key by identity, to be remembered too. */
  readonly known?: RecordKey | undefined;
  readonly inputs?: readonly Part[];
}

/** Waits for both even if one fails, so that nothing goes on behind a failure. */
async function both<A, B>(one: Promise<A>, other: B | Promise<B>): Promise<[A, B]> {
  const promises = [one, other] as const;
  await Promise.allSettled(promises);
  return Promise.all(promises);
}
