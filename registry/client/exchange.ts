import type { Compression } from "../../core/compression.ts";
import type { Reference } from "../../core/reference.ts";
import type { Store } from "../../store/types.ts";
import type { Asked, Registries } from "./registries.ts";
import type { Report } from "./transfer/events.ts";
import type { PushParts } from "./transfer/push-layer.ts";
import type { RemoteBlobs } from "./transfer/remote-blobs.ts";

/** What a store is exchanged with registries by. */
export interface Exchange {
  readonly store: Store;
  readonly registries: Registries;
  readonly remote: RemoteBlobs;
}

export interface PushOptions extends Asked {
  readonly report?: Report;
  /** See PushParts. */
  readonly compression?: Compression;
}

/** What layers are pushed by to the registry of a reference; those of other registries never see its credentials. */
export function pushPartsOf(
  { store, registries, remote }: Exchange,
  { domain }: Reference,
  { report = () => undefined, compression, credentials }: PushOptions,
): Omit<PushParts, "repository"> {
  const fetch: PushParts["fetch"] = (place, blob, options) =>
    registries.with(
      { reference: place, access: "pull" },
      async (repository) => repository.blob(blob, options),
      {
        ...options,
        ...(credentials === undefined ? {} : { credentials: place.domain === domain ? credentials : {} }),
      },
    );
  return { store, remote, fetch, report, ...(compression === undefined ? {} : { compression }) };
}
