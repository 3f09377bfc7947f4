import type { Abortable } from "../core/streams.ts";

/** Registries and who one is there. A server is a host as it begins an image's name, Docker Hub when absent. */
export interface DistributionService {
  /** Tries the credentials on the registry and keeps them as docker's client does. Rejects with REGISTRY_UNAUTHORIZED. */
  login(
    request: { readonly server?: string; readonly username: string; readonly password: string },
    options?: Abortable,
  ): Promise<{
    /** The file that has the password as it is; absent when a credential helper keeps it, or a token took its place. */
    readonly file?: string;
  }>;
  /** Tries the credentials that are kept. Resolves with the user's name; undefined when there are none. Rejects with REGISTRY_UNAUTHORIZED. */
  relogin(server?: string, options?: Abortable): Promise<string | undefined>;
  logout(server?: string): Promise<{
    /** As messages name it. */
    readonly server: string;
    /** False when there were no credentials. */
    readonly removed: boolean;
  }>;
}
