import { contextName, imageOfContext, isRemoteContext } from "../../core/build-context.ts";
import { type Digest, isDigest } from "../../core/digest.ts";
import { Failure } from "../../core/errors.ts";
import type { BuildRequest } from "../../engine/api.ts";

/** Where a named context comes from: an image, elsewhere, or a folder or a store of blobs that the client lends under this name. */
export type NamedSource =
  | { readonly kind: "image"; readonly reference: string }
  | { readonly kind: "remote"; readonly url: string }
  | { readonly kind: "folder"; readonly folder: string }
  | { readonly kind: "layout"; readonly store: string; readonly digest: Digest };
export type NamedContexts = NonNullable<BuildRequest["contexts"]>;

const PREFIX = "context:";
const FOLDER = "local:";
const LAYOUT = /^oci-layout:\/\/([^/@:]+)(?::[^/@:]+)?@([^@]+)$/;

/** `--build-context` as the frontend's attributes "context:NAME" have it. Throws OPTION_UNSUPPORTED, REFERENCE_INVALID. */
export function readNamedContexts(attrs: ReadonlyMap<string, string>): ReadonlyMap<string, NamedSource> {
  const named = [...attrs].filter(([name]) => name.startsWith(PREFIX));
  return new Map(
    named.map(([name, source]) => [contextName(name.slice(PREFIX.length)), readSource(name, source)]),
  );
}

function readSource(name: string, source: string): NamedSource {
  // "context:NAME::PLATFORM" is for one platform of several.
  if (name.includes("::")) throw new Failure("OPTION_UNSUPPORTED", { option: name });
  const reference = imageOfContext(source);
  if (reference !== undefined) return { kind: "image", reference };
  if (source.startsWith(FOLDER)) return { kind: "folder", folder: source.slice(FOLDER.length) };
  const [, store = "", digest = ""] = LAYOUT.exec(source) ?? [];
  if (isDigest(digest)) return { kind: "layout", store, digest };
  if (isRemoteContext(source)) return { kind: "remote", url: source };
  throw new Failure("OPTION_UNSUPPORTED", { option: `${name}=${source}` });
}
