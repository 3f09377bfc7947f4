import type { RegistryStorage } from "../storage/registry-storage.ts";
import type { DocumentCache } from "./document-cache.ts";

/** What handlers work with. */
export interface Parts {
  readonly storage: RegistryStorage;
  readonly documents: DocumentCache;
  /** Whether image manifests may arrive before their blobs. */
  readonly sparse: boolean;
}

/** The repository of a route that has one. */
export function repositoryOf(target: { readonly repository?: string }): string {
  if (target.repository === undefined) throw new TypeError("the route has no repository");
  return target.repository;
}
