import type { Digest } from "../../../core/digest.ts";
import type { LayerInfo } from "../../../store/snapshotter.ts";
import type { RecordKey } from "../cache-records.ts";

/** The result of a step elsewhere. */
export interface RemoteResult {
  readonly layer: LayerInfo;
  readonly created: string;
}

/** The records of other machines' caches, for one build. Of equal keys the first counts. */
export class RemoteRecords {
  readonly #results = new Map<Digest, Map<Digest, RemoteResult>>();

  add({ definition, inputs }: RecordKey, result: RemoteResult): void {
    const results = this.#results.get(definition) ?? new Map<Digest, RemoteResult>();
    if (!results.has(inputs)) results.set(inputs, result);
    this.#results.set(definition, results);
  }

  find({ definition, inputs }: RecordKey): RemoteResult | undefined {
    return this.#results.get(definition)?.get(inputs);
  }

  /** The keys by which an operation led to `layer`. */
  leadingTo(definition: Digest, layer: Digest): readonly (RecordKey & { readonly created: string })[] {
    const results = [...(this.#results.get(definition) ?? [])];
    return results
      .filter(([, result]) => result.layer.diffId === layer)
      .map(([inputs, { created }]) => ({ definition, inputs, created }));
  }

  /** Whether an operation was ever done there, whatever to. */
  knows(definition: Digest): boolean {
    return this.#results.has(definition);
  }
}
