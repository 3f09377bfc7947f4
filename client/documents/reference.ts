import { familiarName, parseReference, withDefaultTag } from "../../core/reference.ts";

/** A reference as the API's routes have it: the repository, and beside it a tag or digest; "latest" without one. Throws REFERENCE_INVALID. */
export function splitReference(text: string): { readonly repo: string; readonly tag: string } {
  const reference = withDefaultTag(parseReference(text));
  return { repo: familiarName(reference), tag: reference.digest ?? reference.tag ?? "" };
}
