import { type Digest, isDigest, parseDigest } from "../../core/digest.ts";
import { Failure } from "../../core/errors.ts";

// distribution-spec, "Pulling manifests". Written so that no input makes it backtrack: each separator begins a new, different run.
const PART = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
const NAME = new RegExp(`^${PART}(?:/${PART})*$`);
const NAME_LIMIT = 255;
const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;

export const isRepository = (name: string): boolean => name.length <= NAME_LIMIT && NAME.test(name);

/** Throws REPOSITORY_NAME_INVALID. */
export function checkRepository(name: string): string {
  if (!isRepository(name)) throw new Failure("REPOSITORY_NAME_INVALID", { name: name.slice(0, NAME_LIMIT) });
  return name;
}

export const isTag = (text: string): boolean => TAG.test(text);

/** Throws TAG_INVALID. */
export function checkTag(tag: string): string {
  if (!isTag(tag)) throw new Failure("TAG_INVALID", { tag: tag.slice(0, NAME_LIMIT) });
  return tag;
}

export type ManifestReference = { readonly digest: Digest } | { readonly tag: string };

/** A text with a colon can only be meant as a digest. Throws DIGEST_INVALID, TAG_INVALID. */
export function parseManifestReference(text: string): ManifestReference {
  if (text.includes(":")) return { digest: parseDigest(text.slice(0, NAME_LIMIT)) };
  return { tag: checkTag(text) };
}

/** Undefined for what names nothing that could exist. */
export function lookUpReference(text: string): ManifestReference | undefined {
  if (isDigest(text)) return { digest: text };
  return isTag(text) ? { tag: text } : undefined;
}
