import { createHash, type Hash } from "node:crypto";
import { Failure } from "./errors.ts";
import { sha256 } from "./sha256.ts";

declare const digestBrand: unique symbol;
/**
 * "sha256:<hex>", or "sha512:<hex>" for content that others named so; what this program names itself is always sha256.
 * Only the functions of this file make one. OCI image-spec, descriptor.md#digests.
 */
export type Digest = string & { readonly [digestBrand]: true };

/** The registered algorithms, with the number of their hex digits. */
const HEX_DIGITS = { sha256: 64, sha512: 128 } as const;
export type DigestAlgorithm = keyof typeof HEX_DIGITS;
export const DIGEST_ALGORITHMS = Object.keys(HEX_DIGITS) as readonly DigestAlgorithm[];

const FORM = /^(?:sha256:[a-f0-9]{64}|sha512:[a-f0-9]{128})$/;

/** Reads a digest; throws DIGEST_INVALID. */
export function parseDigest(text: string): Digest {
  if (!FORM.test(text)) throw new Failure("DIGEST_INVALID", { text });
  return text as Digest;
}

export const isDigest = (text: string): text is Digest => FORM.test(text);

export const isDigestAlgorithm = (text: string): text is DigestAlgorithm => Object.hasOwn(HEX_DIGITS, text);

/** The digest of `content` (a string is taken as UTF-8). */
export function digestOf(content: string | Uint8Array, algorithm: DigestAlgorithm = "sha256"): Digest {
  const hash = algorithm === "sha256" ? sha256(content) : createHash(algorithm).update(content).digest();
  return `${algorithm}:${hash.toString("hex")}` as Digest;
}

/** Closes a running hash of `algorithm`. */
export function finishDigest(hash: Hash, algorithm: DigestAlgorithm = "sha256"): Digest {
  return `${algorithm}:${hash.digest("hex")}` as Digest;
}

/** The sha256 digest whose 32 raw bytes are `bytes`. */
export function digestFromBytes(bytes: Uint8Array): Digest {
  return parseDigest(`sha256:${Buffer.from(bytes).toString("hex")}`);
}

export const algorithmOf = (digest: Digest): DigestAlgorithm =>
  digest.slice(0, digest.indexOf(":")) as DigestAlgorithm;

/** The hex digits of a digest. */
export const hexOf = (digest: Digest): string => digest.slice(digest.indexOf(":") + 1);
