import { both } from "../../core/both.ts";
import { type Digest, hexOf } from "../../core/digest.ts";
import type { LayerInfo } from "../../store/snapshotter.ts";
import type { LayerStore, Locks } from "../../store/types.ts";
import type { CacheRecord, CacheRecords, RecordKey } from "../cache/cache-records.ts";
import { isPortable, keyOf, type Part } from "../cache/preimage.ts";
import type { LazyLayers } from "../cache/remote/lazy-layers.ts";
import type { RemoteRecords } from "../cache/remote/remote-records.ts";
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
  /** What is made now is the result, even where it differs from a former one in nothing but times, and is not remembered. */
  readonly fresh?: boolean | undefined;
  readonly signal: AbortSignal;
  /** The time of a result made now, as image histories have it. Asked only on a miss. */
  readonly created: () => Promise<string>;
  /** Tells that a build has a layer now, before it is looked for: from then on nobody removes it. */
  readonly claim: (layer: Digest) => void;
  /** Milliseconds that performing the operation took; asked after it. */
  readonly cost: () => number;
  /** The layers right below the result, and those it is copied from. */
  readonly parents: readonly Digest[];
  /** What other machines' caches have, and the layers that need not be here: see LazyLayers. */
  readonly remote: { readonly records: RemoteRecords; readonly layers: LazyLayers };
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
    const { records } = this.#deps;
    const definition = keyOf(operation.definition);
    const identity = await operation.identity?.();
    const known = identity === undefined ? undefined : workKey(definition, identity);
    const hit = known === undefined ? undefined : this.#find(known, { operation, inputs: identity }, options);
    if (hit !== undefined) return hit;
    // What was never done cannot be found, so its inputs need not be read before it is done.
    const isNew = records.latest(definition) === undefined && !options.remote.records.knows(definition);
    if ((options.noCache || isNew) && known !== undefined)
      return this.#once({ operation, name: known, known }, options);
    const inputs = await operation.inputs();
    const key = workKey(definition, inputs);
    const found = this.#find(key, { operation, inputs }, options);
    if (found === undefined) return this.#once({ operation, name: key, inputs, known }, options);
    // The content was equal although the identity was not: next time the identity is enough.
    if (known !== undefined) this.#put(known, operation, { inputs, result: found, parents: options.parents });
    return found;
  }

  /** Marks what was found as used; once, at the end of a build. */
  touchUsed(): void {
    this.#deps.records.touch([...this.#used]);
    this.#used.clear();
  }

  /** This store's record, else another machine's, which becomes one of this store. */
  #find(
    key: WorkKey,
    { operation, inputs = [] }: Pick<Work, "operation" | "inputs">,
    options: PerformOptions,
  ): Performed | undefined {
    const { noCache, remote, parents, claim } = options;
    if (noCache) return undefined;
    const here = this.#findHere(key, options, remote.layers);
    if (here !== undefined) return here;
    const there = remote.records.find(key);
    if (there === undefined) return undefined;
    const { layer, created } = there;
    claim(layer.diffId);
    this.#put(key, operation, { inputs, result: there, parents });
    return { layer: this.#present(layer) ?? layer, created, cached: true, key };
  }

  /** With `lazy`, a layer that can be brought is as good as one that is in the store. */
  #findHere(
    key: RecordKey,
    { claim }: Pick<PerformOptions, "claim">,
    lazy?: LazyLayers,
  ): Performed | undefined {
    const record = this.#deps.records.find(key);
    if (record === undefined) return undefined;
    const { layer: recorded, created, id } = record;
    claim(recorded.diffId);
    const layer = this.#present(recorded) ?? (lazy?.has(recorded.diffId) === true ? recorded : undefined);
    if (layer === undefined) return undefined;
    this.#used.add(id);
    return { layer, created, cached: true, key };
  }

  #present = ({ diffId }: LayerInfo): LayerInfo | undefined => this.#deps.layers.stat(diffId);

  #put(key: WorkKey, { definition }: Operation, { inputs, result, parents, cost = 0 }: Found): void {
    const { layer, created } = result;
    const record = { layer, created, portable: key.portable, cost, parents };
    this.#deps.records.put(key, { definition, inputs }, record);
  }

  #once(work: Work, options: PerformOptions): Promise<Performed> {
    const name = keyOf([
      ["definition", work.name.definition],
      ["inputs", work.name.inputs],
    ]);
    // A build without cache must not take what another one finds there.
    const flight = options.fresh === true ? `${name} fresh` : options.noCache ? `${name} again` : name;
    return this.#flights.run(flight, async () => {
      const { signal } = options;
      await using _lock = await this.#deps.locks.hold(`step-${hexOf(name)}`, { signal });
      const meanwhile = options.noCache ? undefined : this.#findHere(work.name, options);
      return meanwhile ?? (await this.#perform(work, options));
    });
  }

  async #perform({ operation, known, ...work }: Work, options: PerformOptions): Promise<Performed> {
    const [layer, inputs] = await both(operation.perform(options.signal), work.inputs ?? operation.inputs());
    options.claim(layer.diffId);
    const key = workKey(work.name.definition, inputs);
    const former = options.fresh === true ? undefined : await this.#former(key, layer, options);
    const made = former ?? { layer, created: await options.created() };
    const result = { layer: made.layer, created: made.created, cached: false, key };
    if (options.fresh === true || (await operation.unchanged?.()) === false) return result;
    const found = { inputs, result, parents: options.parents, cost: options.cost() };
    this.#put(key, operation, found);
    if (known !== undefined) this.#put(known, operation, found);
    return result;
  }

  /**
   * A record whose layer is `layer` but for its times: of the same operation, preferably on the same inputs, or of another one on the same
   * inputs, as after an edit of a command that changes nothing. Taking the former layer stops the cascade: the steps after this one find
   * their inputs unchanged.
   */
  async #former(
    key: RecordKey,
    layer: LayerInfo,
    { claim }: PerformOptions,
  ): Promise<CacheRecord | undefined> {
    const { records } = this.#deps;
    const best = records.find(key) ?? records.latest(key.definition);
    const others = records.resembling(key, layer.size);
    for (const record of best === undefined ? others : [best, ...others]) {
      claim(record.layer.diffId);
      if (await this.#isSame(record, layer)) return record;
    }
    return undefined;
  }

  async #isSame({ layer: recorded }: CacheRecord, layer: LayerInfo): Promise<boolean> {
    const former = this.#present(recorded);
    if (former === undefined) return false;
    if (former.diffId === layer.diffId) return true;
    // Times have a fixed width in a tar, so layers of different sizes differ in more.
    return former.size === layer.size && (await this.#deps.layers.same(former.diffId, layer.diffId));
  }
}

/** A result with what is remembered beside it. */
interface Found {
  readonly inputs: readonly Part[];
  readonly result: Pick<CacheRecord, "layer" | "created">;
  readonly parents: readonly Digest[];
  readonly cost?: number;
}

interface WorkKey extends RecordKey {
  /** Whether it means the same on other machines. */
  readonly portable: boolean;
}

const workKey = (definition: Digest, inputs: readonly Part[]): WorkKey => ({
  definition,
  inputs: keyOf(inputs),
  portable: isPortable(inputs),
});

interface Work {
  readonly operation: Operation;
  /** What is locked: one execution at a time. */
  readonly name: WorkKey;
  /** The key by identity, to be remembered too. */
  readonly known?: WorkKey | undefined;
  readonly inputs?: readonly Part[] | undefined;
}
