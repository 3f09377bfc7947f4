import type { Digest } from "../core/digest.ts";
import type { Abortable } from "../core/streams.ts";
import type { SearchResult } from "../registry/client/search.ts";
import type { RemoteDescription } from "../registry/client/transfer/describe-remote.ts";
import type { AsWhom, AsWhomEach } from "./image-api.ts";

export type { RemoteDescription, SearchResult };

export interface LoginRequest {
  readonly server?: string;
  readonly username: string;
  readonly password: string;
}

/** Registries and who one is there. A server is a host as it begins an image's name, Docker Hub when absent. */
export interface DistributionService {
  /** Tries the credentials on the registry and keeps them as docker's client does. Rejects with REGISTRY_UNAUTHORIZED. */
  login(
    request: LoginRequest,
    options?: Abortable,
  ): Promise<{
    /** The file that has the password as it is; absent when a credential helper keeps it, or a token took its place. */
    readonly file?: string;
  }>;
  /**
   * Tries credentials and keeps nothing. Resolves with the refresh token that the registry gave in place of the password, if it did.
   * Rejects with REGISTRY_UNAUTHORIZED.
   */
  verify(request: LoginRequest, options?: Abortable): Promise<{ readonly identityToken?: string }>;
  /** Tries the credentials that are kept. Resolves with the user's name; undefined when there are none. Rejects with REGISTRY_UNAUTHORIZED. */
  relogin(server?: string, options?: Abortable): Promise<string | undefined>;
  logout(server?: string): Promise<{
    /** As messages name it. */
    readonly server: string;
    /** False when there were no credentials. */
    readonly removed: boolean;
  }>;
  /** Repositories whose names contain a term: of Docker Hub, or of the registry "host/term" begins with. */
  search(term: string, options: { readonly limit: number } & AsWhom): Promise<readonly SearchResult[]>;
  /** The document a name stands for: a manifest list made here, else what the registry has. Rejects with REMOTE_IMAGE_UNKNOWN. */
  manifest(
    reference: string,
    options?: AsWhom,
  ): Promise<{ readonly raw: Uint8Array; readonly digest: Digest }>;
  /** What a reference names in its registry. Rejects with REMOTE_IMAGE_UNKNOWN, REGISTRY_DENIED. */
  describe(reference: string, options?: AsWhom): Promise<RemoteDescription>;
  /** Makes a manifest list of images that registries have, or adds to it. Resolves with its full name. Rejects with MANIFEST_LIST_EXISTS. */
  createList(
    list: string,
    members: readonly string[],
    options?: { readonly amend?: boolean } & AsWhomEach,
  ): Promise<string>;
  /** The registries that pushing a list asks: its own, and those that its members are in. Rejects with MANIFEST_LIST_UNKNOWN. */
  registriesOf(list: string): Promise<readonly string[]>;
  /** Pushes a manifest list made here; with `purge` it is forgotten afterwards. Rejects with MANIFEST_LIST_UNKNOWN. */
  pushList(list: string, options?: { readonly purge?: boolean } & AsWhomEach): Promise<Digest>;
}
