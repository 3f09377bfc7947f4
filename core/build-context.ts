import { isDigest } from "./digest.ts";
import { formatReference, parseReference, withDefaultTag } from "./reference.ts";

const IMAGE = "docker-image://";

/** True for a context that is no path: a URL, a git repository. */
export const isRemoteContext = (source: string): boolean =>
  /^(?:https?|git|ssh):\/\/|^[\w-]+@[\w.-]+:|^github\.com\//.test(source);

/** What a named context is known by: a name that is an image's stands for it however that is written. Throws REFERENCE_INVALID. */
export const contextName = (text: string): string =>
  /[/:]/.test(text) ? fullReference(text) : text.toLowerCase();

/** The image that "docker-image://REFERENCE" stands for, or "docker-image://ID"; undefined for other contexts. Throws REFERENCE_INVALID. */
export function imageOfContext(source: string): string | undefined {
  if (!source.startsWith(IMAGE)) return undefined;
  const text = source.slice(IMAGE.length);
  return isDigest(text) ? text : fullReference(text);
}

const fullReference = (text: string): string => formatReference(withDefaultTag(parseReference(text)));
