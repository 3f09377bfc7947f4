import type { Descriptor } from "../../../core/descriptor.ts";
import { type Digest, hexOf } from "../../../core/digest.ts";
import { mapLimited } from "../../../core/map-limited.ts";
import type { Abortable } from "../../../core/streams.ts";
import { inflatedLimit } from "../../../store/inflated-limit.ts";
import type { Lease, Store } from "../../../store/types.ts";
import type { Repository } from "../repository.ts";
import { counted, type Report } from "./events.ts";

export interface RemoteLayer {
  readonly blob: Descriptor;
  readonly diffId: Digest;
}

export interface LayerPullParts {
  readonly store: Store;
  readonly repository: Repository;
  readonly lease: Lease;
  readonly report: Report;
}

/** As dockerd's max-concurrent-downloads, and one more: unpacking one need not wait for sending another. */
const PARALLEL = 4;

/** What users see of a digest. */
export const shortDigest = (digest: Digest): string => hexOf(digest).slice(0, 12);

/** Brings the layers that are not there into the store, some at a time, and claims all for the lease. */
export async function pullLayers(
  parts: LayerPullParts,
  layers: readonly RemoteLayer[],
  options: Abortable = {},
): Promise<void> {
  const { store, lease, report } = parts;
  for (const { blob, diffId } of layers) {
    lease.blob(diffId);
    const id = shortDigest(blob.digest);
    const present = store.layers.stat(diffId) !== undefined;
    report({ id, status: present ? "Already exists" : "Pulling fs layer" });
  }
  const missing = layers.filter(({ diffId }) => store.layers.stat(diffId) === undefined);
  for (const { blob } of missing.slice(PARALLEL)) report({ id: shortDigest(blob.digest), status: "Waiting" });
  // The first failure ends the transfers of the others.
  const failed = new AbortController();
  const signal =
    options.signal === undefined ? failed.signal : AbortSignal.any([options.signal, failed.signal]);
  await mapLimited(missing, PARALLEL, async (layer) => {
    try {
      await pullLayer(parts, layer, { signal });
    } catch (error) {
      failed.abort(error);
      throw error;
    }
  });
}

async function pullLayer(
  { store, repository, report }: LayerPullParts,
  { blob, diffId }: RemoteLayer,
  options: Abortable,
): Promise<void> {
  const id = shortDigest(blob.digest);
  // Another process may be at the same layer: then its result is shared.
  await using _lock = await store.locks.hold(`layer-${hexOf(diffId)}`, options);
  if (store.layers.stat(diffId) === undefined) {
    const { size: total } = blob;
    const bytes = counted(repository.blob(blob, options), (current) =>
      report({ id, status: "Downloading", current, total }),
    );
    const arriving = announced(bytes, () => {
      report({ id, status: "Verifying Checksum" });
      report({ id, status: "Download complete" });
      report({ id, status: "Extracting", current: 0, total });
    });
    await store.layers.adopt(arriving, { blob, diffId, maxBytes: inflatedLimit(store, blob), ...options });
  }
  report({ id, status: "Pull complete" });
}

async function* announced(source: AsyncIterable<Uint8Array>, atEnd: () => void): AsyncGenerator<Uint8Array> {
  yield* source;
  atEnd();
}
