import type { Digest } from "../../../core/digest.ts";
import { isStoreProof, STORE_PROOF_HEADER } from "../../shared/store-proof.ts";
import type { Call } from "../call.ts";
import { type Parts, repositoryOf } from "../parts.ts";

/** Makes blobs that a manifest names part of its repository, if the caller proves that it can read the storage they lie in. What is not there is left out. */
export async function shareBlobs(
  parts: Parts,
  call: Call,
  { manifest, blobs: digests }: { readonly manifest: Digest; readonly blobs: readonly Digest[] },
): Promise<void> {
  if (!isProved(parts, call, manifest)) return;
  const { blobs, metadata } = parts.storage;
  const repository = repositoryOf(call.target);
  const missing = await metadata.missingBlobs(repository, digests);
  if (missing.length === 0) return;
  await using _hold = await metadata.hold(missing);
  for (const digest of missing) {
    const blob = await blobs.stat(digest);
    if (blob !== undefined) await metadata.linkBlob(repository, blob);
  }
}

function isProved({ storage: { proofSecret } }: Parts, { headers, target }: Call, digest: Digest): boolean {
  const given = headers[STORE_PROOF_HEADER];
  if (proofSecret === undefined || typeof given !== "string") return false;
  return isStoreProof(
    proofSecret,
    { host: headers.host ?? "", repository: repositoryOf(target), digest },
    given,
  );
}
