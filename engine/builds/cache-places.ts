import type { CacheLocation, CachePlace, CachePlaces } from "../../builder/cache/remote/types.ts";
import type { CredentialSource } from "../../core/registry-credentials.ts";
import type { KernelFiles } from "../../native/kernel.ts";
import type { Store } from "../../store/types.ts";
import type { LazyRegistries } from "../registries.ts";
import { directoryCache } from "./directory-cache.ts";
import { LayoutCache } from "./layout-cache.ts";
import { RegistryCache } from "./registry-cache.ts";

export interface CachePlaceParts {
  readonly store: Store;
  readonly kernel: Pick<KernelFiles, "tryLock">;
  readonly registries: Pick<LazyRegistries, "client">;
  readonly credentials?: CredentialSource;
}

/** Where caches of builds are kept: registries, folders, and what somebody lends. */
export const cachePlaces = (parts: CachePlaceParts): CachePlaces => ({
  open: (location, options) => openPlace({ ...parts, ...options }, location),
});

function openPlace(parts: CachePlaceParts, location: CacheLocation): CachePlace {
  if (location.kind === "registry") return new RegistryCache(parts, location.reference);
  return location.kind === "directory"
    ? directoryCache(parts, location)
    : new LayoutCache(parts.store, location);
}
