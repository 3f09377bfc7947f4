import { describeError } from "../../../core/errors.ts";
import { parseConfig } from "../../../image/config.ts";
import type { InternalSteps } from "../../internal-steps.ts";
import type { BuildMounts } from "./build-mounts.ts";
import {
  BUILDKIT_CONFIG_TYPE,
  CACHE_CONFIG_TYPE,
  type CacheDocument,
  parseDocument,
  parseInline,
} from "./document.ts";
import type { LazyLayers } from "./lazy-layers.ts";
import type { RemoteRecords } from "./remote-records.ts";
import type { CachePlace, FoundCache } from "./types.ts";

export interface ImportParts {
  readonly steps: InternalSteps;
  readonly layers: LazyLayers;
  readonly records: RemoteRecords;
  readonly mounts: BuildMounts;
  readonly warn: (message: string) => void;
  readonly signal: AbortSignal;
}

/** Reads the caches of all places; one that cannot be read is a warning, for a build must not depend on its cache. */
export async function importCaches(places: readonly CachePlace[], parts: ImportParts): Promise<void> {
  const { signal } = parts;
  const read = async (place: CachePlace): Promise<FoundCache | undefined> => {
    try {
      return await parts.steps.run(`importing cache manifest from ${place.name}`, () =>
        place.read({ signal }),
      );
    } catch (error) {
      signal.throwIfAborted();
      parts.warn(`the cache of ${place.name} is not used: ${describeError(error)}`);
      return undefined;
    }
  };
  const found = await Promise.all(places.map(read));
  // In their order, whichever answered first.
  for (const [i, place] of places.entries()) take(place, found[i], parts);
}

function take(place: CachePlace, found: FoundCache | undefined, parts: ImportParts): void {
  if (found === undefined) return;
  const document = documentOf(found);
  if (typeof document === "string") {
    parts.warn(`the cache of ${place.name} is not used: ${document}`);
    return;
  }
  document.layers.forEach(({ diffId, size }, i) => {
    const blob = found.layers[i];
    if (blob === undefined) return;
    parts.layers.offer({
      diffId,
      size,
      ...(place.relays ? { blob } : {}),
      fetch: (signal) =>
        parts.steps.run(`fetching a layer from ${place.name}`, () =>
          place.fetch({ diffId, blob }, { signal }),
        ),
    });
  });
  for (const { layer, ...record } of document.records) {
    const info = document.layers[layer];
    if (info !== undefined) parts.records.add(record, { layer: info, created: record.created });
  }
  for (const { name, layer: index } of document.mounts) {
    const layer = document.layers[index];
    const blob = found.layers[index];
    if (layer === undefined || blob === undefined) continue;
    const fetch = (signal: AbortSignal) => place.fetch({ diffId: layer.diffId, blob }, { signal });
    parts.mounts.offer(name, { layer, from: place.name, fetch });
  }
}

/** The document of what was found, or why there is none. */
function documentOf({ configType, config, layers }: FoundCache): CacheDocument | string {
  if (configType === BUILDKIT_CONFIG_TYPE)
    return "BuildKit wrote it, whose keys are made of other things; write one with --cache-to";
  if (configType === CACHE_CONFIG_TYPE) {
    const document = parseDocument(config);
    if (document === undefined) return "its document is damaged, or of another version";
    return document.layers.length === layers.length ? document : "it does not name its own layers";
  }
  return inlineOf(config, layers);
}

function inlineOf(config: Buffer, blobs: FoundCache["layers"]): CacheDocument | string {
  const records = parseInline(config, blobs.length);
  if (records === undefined) return "it is an image without one; build it with --cache-to type=inline";
  try {
    const { diff_ids: diffIds } = parseConfig(config).rootfs;
    if (diffIds.length !== blobs.length) return "the image does not name its own layers";
    return { layers: diffIds.map((diffId) => ({ diffId, size: 0 })), records, mounts: [] };
  } catch (error) {
    return describeError(error);
  }
}
