import type { Digest } from "../../../core/digest.ts";
import type { Call } from "../call.ts";
import { checkRepository } from "../names.ts";
import { type Parts, repositoryOf } from "../parts.ts";

/**
 * end-11: makes a blob of the storage part of the repository, if the caller may have it: it can pull it from `from`, or from any repository when
 * there is no `from`. Undefined when not; the client then uploads.
 */
export async function mountBlob(parts: Parts, call: Call, digest: Digest): Promise<Digest | undefined> {
  const { blobs, metadata } = parts.storage;
  await using _hold = await metadata.hold([digest]);
  const blob = await blobs.stat(digest);
  if (blob === undefined) return undefined;
  if (!(await isPullable(parts, call, digest))) return undefined;
  await metadata.linkBlob(repositoryOf(call.target), blob);
  return digest;
}

async function isPullable({ storage: { metadata } }: Parts, call: Call, digest: Digest): Promise<boolean> {
  const from = call.query.get("from");
  if (from !== null) {
    checkRepository(from);
    return call.caller.may("pull", from) && (await metadata.blob(from, digest)) !== undefined;
  }
  return (await metadata.repositoriesOf(digest)).some((repository) => call.caller.may("pull", repository));
}
