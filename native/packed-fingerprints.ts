import { LazyList } from "../core/lazy-list.ts";
import type { FileFingerprint } from "./kernel.ts";

/** The digests one behind the other, and the attributes of those files that have some, by position. */
export interface PackedFingerprints {
  readonly digests: Buffer;
  readonly xattrs: readonly (readonly [position: number, pairs: readonly (readonly [string, Buffer])[]])[];
}

const SHA256_BYTES = 32;

export function unpackFingerprints({ digests, xattrs }: PackedFingerprints): LazyList<FileFingerprint> {
  const attributes = new Map(xattrs);
  return new LazyList(digests.length / SHA256_BYTES, (i) => {
    const content = digests.toString("base64", i * SHA256_BYTES, (i + 1) * SHA256_BYTES);
    const pairs = attributes.get(i);
    return pairs === undefined ? { content } : { content, xattrs: new Map(pairs) };
  });
}
