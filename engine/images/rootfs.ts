import type { Abortable } from "../../core/streams.ts";
import type { Kernel } from "../../native/kernel.ts";
import type { ImageRecord, Store } from "../../store/types.ts";
import { exportRoot } from "../containers/archive.ts";

/** The root filesystem of an image as a tar. */
export async function* imageRoot(
  { store, kernel }: { readonly store: Store; readonly kernel: Kernel },
  { layers }: ImageRecord,
  options: Abortable = {},
): AsyncGenerator<Uint8Array> {
  await using lease = store.leases.open("reading an image");
  for (const layer of layers) lease.blob(layer);
  using tree = await store.trees.open(await store.snapshots.view(layers, options));
  yield* await exportRoot(kernel, tree, { mounts: [], ...options });
}
