import { createHash, type Hash } from "node:crypto";
import { Failure } from "./errors.ts";

declare const digestBrand: unique symbol;
/** "sha256:<hex>"; only the functions of this file make one. OCI image-spec, descriptor.md#digests. */
export type Digest = string & { readonly [digestBrand]: true };

const FORM = /^sha256:[a-f0-9]{64}$/;

/** Reads a digest; throws DIGEST_INVALID. */
export function parseDigest(text: string): Digest {
  if (!FORM.test(text)) throw new Failure("DIGEST_INVALID", { text });
  return text as Digest;
}

export const isDigest = (text: string): text is Digest => FORM.test(text);

/** The sha256 of `content` (a string is taken as UTF-8). */
export function digestOf(content: string | Uint8Array): Digest {
  return `sha256:${createHash("sha256").update(content).digest("hex")}` as Digest;
}

/** Closes a running sha256. */
export function finishDigest(hash: Hash): Digest {
  return `sha256:${hash.digest("hex")}` as Digest;
}

/** The digest whose 32 raw bytes are `bytes`. */
export function digestFromBytes(bytes: Uint8Array): Digest {
  return parseDigest(`sha256:${Buffer.from(bytes).toString("hex")}`);
}

/** The 64 hex digits of a digest. */
export const hexOf = (digest: Digest): string => digest.slice("sha256:".length);
