import type { Digest } from "../../core/digest.ts";
import { storeId, storeProof } from "../shared/store-proof.ts";

/** The store a client works on, which a registry may serve as well. */
export interface OwnStore {
  /** Undefined while no registry has served it, and for who may not read it. */
  secret(): Uint8Array | undefined;
  has(digest: Digest): boolean;
}

/** What a repository has of the client's own store without being sent it. */
export interface SharedStore {
  has(digest: Digest): boolean;
  /** For a manifest; see registry/shared/store-proof.ts. */
  prove(digest: Digest): string;
}

/** `told`: what the registry calls its store. Undefined when it is not the client's. */
export function sharedStore(
  own: OwnStore | undefined,
  told: string | undefined,
  place: { readonly host: string; readonly repository: string },
): SharedStore | undefined {
  if (own === undefined || told === undefined) return undefined;
  const secret = own.secret();
  if (secret === undefined || storeId(secret) !== told) return undefined;
  return {
    has: (digest) => own.has(digest),
    prove: (digest) => storeProof(secret, { ...place, digest }),
  };
}
