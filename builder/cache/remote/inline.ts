import type { Digest } from "../../../core/digest.ts";
import type { ImageConfig } from "../../../image/config.ts";
import type { Outcomes, Plan } from "../../plan/step.ts";
import type { CacheRecords, RecordKey } from "../cache-records.ts";
import { INLINE_FIELD, type RemoteRecord } from "./document.ts";
import type { RemoteRecords } from "./remote-records.ts";

export interface KnownRecords {
  /** This store's. */
  readonly here: CacheRecords;
  /** Of other machines. */
  readonly there: RemoteRecords;
}

/** All keys by which an operation is known to lead to a layer, on whatever machine; in order. */
export function portableKeys(
  { here, there }: KnownRecords,
  definition: Digest,
  layer: Digest,
): readonly (RecordKey & { readonly created: string })[] {
  const keys = new Map(
    [...there.leadingTo(definition, layer), ...here.portable(definition, layer)].map((key) => [
      key.inputs,
      key,
    ]),
  );
  return [...keys.values()].toSorted((a, b) => (a.inputs < b.inputs ? -1 : 1));
}

/** The configuration with the records of the image's own layers in it. */
export function withInlineCache(
  config: ImageConfig,
  { steps }: Plan,
  { outcomes, known }: { readonly outcomes: Outcomes; readonly known: KnownRecords },
): ImageConfig {
  const { diff_ids: layers } = config.rootfs;
  const records = new Map<string, RemoteRecord>();
  for (const { id } of steps) {
    const { key, layers: made = [] } = outcomes.get(id) ?? {};
    const diffId = made.at(-1);
    const layer = diffId === undefined ? -1 : layers.lastIndexOf(diffId);
    if (key === undefined || diffId === undefined || layer < 0) continue;
    for (const record of portableKeys(known, key.definition, diffId))
      records.set(`${record.definition} ${record.inputs}`, { ...record, layer });
  }
  // Fields that are not the specification's are kept by whoever passes a configuration on.
  const field: object = { [INLINE_FIELD]: { records: [...records.values()] } };
  return { ...config, ...field };
}
