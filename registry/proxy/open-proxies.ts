import type { Registries } from "../client/registries.ts";
import { RecentMap } from "../server/access/recent-map.ts";
import type { Layer } from "../server/call.ts";
import type { RegistryStorage } from "../storage/registry-storage.ts";
import { BlobFills } from "./blob-fills.ts";
import { ClientUpstream } from "./client-upstream.ts";
import { ManifestCache } from "./manifest-cache.ts";
import type { Proxied } from "./proxies.ts";
import { proxying } from "./proxying.ts";

export interface ProxyOptions {
  readonly storage: RegistryStorage;
  /** Closed with the proxies. */
  readonly registries: Registries;
  readonly proxied: readonly Proxied[];
  /** How long a tag is taken for what it was, in milliseconds. */
  readonly ttlMs: number;
  readonly now?: () => number;
}

const DAY_MS = 24 * 60 * 60 * 1000;
const SIZES = 100_000;
/** Blobs on their way at the same time. */
const FILLS = 128;

/** The layer of a registry that makes repositories copies of others. Disposing it breaks off what is on its way. */
export function openProxies(options: ProxyOptions): AsyncDisposable & { readonly layer: Layer } {
  const { storage, registries, proxied, ttlMs, now = Date.now } = options;
  const stop = new AbortController();
  const sizes = new RecentMap<number>({ capacity: SIZES, lifetimeMs: DAY_MS, now });
  const manifests = new ManifestCache({ storage, sizes, ttlMs, signal: stop.signal, now });
  const fills = new BlobFills({ storage, sizes, limit: FILLS });
  const caches = proxied.map(({ prefix, base }) => ({
    prefix,
    upstream: new ClientUpstream(registries, base),
  }));
  return {
    layer: proxying(caches, { storage, manifests, fills }),
    async [Symbol.asyncDispose]() {
      stop.abort(new Error("the registry stops"));
      await fills.stop();
      await registries[Symbol.asyncDispose]();
    },
  };
}
