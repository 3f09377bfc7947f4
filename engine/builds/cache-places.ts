import type { CacheLocation, CachePlace, CachePlaces } from "../../builder/cache/remote/types.ts";
import type { CredentialSource } from "../../core/registry-credentials.ts";
import type { Store } from "../../store/types.ts";
import type { LazyRegistries } from "../registries.ts";
import { DirectoryCache } from "./directory-cache.ts";
import { RegistryCache } from "./registry-cache.ts";

export interface CachePlaceParts {
  readonly store: Store;
  readonly registries: Pick<LazyRegistries, "client">;
  readonly credentials?: CredentialSource;
}

/** Where caches of builds are kept: registries, and folders. */
export const cachePlaces = (parts: CachePlaceParts): CachePlaces => ({
  open: (location, options) => openPlace({ ...parts, ...options }, location),
});

const openPlace = (parts: CachePlaceParts, location: CacheLocation): CachePlace =>
  location.kind === "registry"
    ? new RegistryCache(parts, location.reference)
    : new DirectoryCache(parts.store, location);
