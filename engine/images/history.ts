import type { Digest } from "../../core/digest.ts";
import type { HistoryEntry, ImageConfig } from "../../image/config.ts";
import type { ImageRecord } from "../../store/types.ts";
import type { ImageHistory } from "../api.ts";

/** What `docker history` lists, newest first: each entry that made a layer takes the next layer's size. */
export function imageHistory(
  record: ImageRecord,
  config: ImageConfig,
  sizeOf: (layer: Digest) => number,
): readonly ImageHistory[] {
  const layers = record.layers[Symbol.iterator]();
  const line = (entry: HistoryEntry, layer: Digest | undefined): ImageHistory => ({
    id: "<missing>",
    createdAt: entry.created === undefined ? record.createdAt : new Date(entry.created),
    createdBy: entry.created_by ?? "",
    size: layer === undefined ? 0 : sizeOf(layer),
    comment: entry.comment ?? "",
    tags: [],
  });
  const told = (config.history ?? []).map((entry) =>
    line(entry, entry.empty_layer === true ? undefined : layers.next().value),
  );
  // Layers that no entry speaks of, as other tools' images have them.
  const untold = [...layers].map((layer) => line({}, layer));
  const [newest, ...older] = [...told, ...untold].reverse();
  return newest === undefined ? [] : [{ ...newest, id: record.id, tags: record.tags }, ...older];
}
