import type { Digest } from "../../core/digest.ts";
import { hostPlatform, type Platform } from "../../core/platform.ts";
import type { Abortable, ByteStream } from "../../core/streams.ts";
import type { ContainerConfig } from "../../image/config.ts";
import type { Store } from "../types.ts";

export interface ImportOptions extends Abortable {
  readonly reference?: string;
  /** What `docker history` shows; "Imported from -" when absent, as Docker says for standard input. */
  readonly message?: string;
  readonly config?: ContainerConfig;
  readonly platform?: Platform;
  readonly now: Date;
}

/** Makes an image of one layer of a root filesystem's tar, plain or compressed. Returns its id. */
export async function importImage(store: Store, source: ByteStream, options: ImportOptions): Promise<Digest> {
  await using _lease = store.leases.open("importing an image");
  const layer = await store.layers.adopt(
    source,
    options.signal === undefined ? {} : { signal: options.signal },
  );
  const created = options.now.toISOString();
  const { os, architecture, variant } = options.platform ?? hostPlatform();
  const config = {
    created,
    architecture,
    ...(variant === undefined ? {} : { variant }),
    os,
    config: options.config ?? {},
    rootfs: { type: "layers" as const, diff_ids: [layer.diffId] },
    history: [{ created, comment: options.message ?? "Imported from -" }],
  };
  const { id } = await store.images.publish(
    { config },
    options.reference === undefined ? [] : [options.reference],
  );
  return id;
}
