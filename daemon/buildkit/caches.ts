import * as z from "zod";
import { switchArgument } from "../../core/builder-arguments.ts";
import { COMPRESSIONS } from "../../core/compression.ts";
import { type Digest, parseDigest } from "../../core/digest.ts";
import { Failure } from "../../core/errors.ts";
import { parseBoolean } from "../../core/go-boolean.ts";
import { parseReference } from "../../core/reference.ts";
import type { BuildRequest, CacheExport, CacheLocation } from "../../engine/api.ts";
import { type Accepts, isAccepted } from "./accepts.ts";

/** How BuildKit's clients name a cache: `--cache-to` and `--cache-from`, type= and the fields of the type. */
export interface CacheEntry {
  readonly type: string;
  readonly attrs: ReadonlyMap<string, string>;
}

/** A cache in a folder of the client's, which lends it by its path; without a digest there is nothing in it to read. */
export interface ClientsCache {
  readonly kind: "client";
  readonly path: string;
  readonly digest?: Digest;
}
type Registry = Extract<CacheLocation, { readonly kind: "registry" }>;
export type NamedCache = Registry | ClientsCache;
/** A cache to write, where it is named by the client. */
export interface NamedExport extends Omit<CacheExport, "to"> {
  readonly to: NamedCache | { readonly kind: "inline" };
}

type Type<T> = { readonly accepts: Accepts; readonly read: (attrs: CacheEntry["attrs"]) => T };

const isTrue = (value: string): boolean => parseBoolean(value) === true;
const any = (): boolean => true;
const compressionOf = (value = "") => COMPRESSIONS.find((compression) => compression === value);

const IMPORTED: Readonly<Record<string, Type<NamedCache>>> = {
  registry: { accepts: { ref: any }, read: (attrs) => registryOf("cache-from", attrs) },
  // The client has looked for the tag.
  local: { accepts: { src: any, digest: any, tag: any }, read: readClients },
};

const EXPORTED: Accepts = {
  mode: (value) => value === "min" || value === "max",
  compression: (value) => compressionOf(value) !== undefined,
  "oci-mediatypes": isTrue,
  "image-manifest": isTrue,
  "ignore-error": (value) => parseBoolean(value) !== undefined,
  mounts: (value) => parseBoolean(value) !== undefined,
};
const TARGETS: Readonly<Record<string, Type<NamedExport["to"]>>> = {
  registry: { accepts: { ref: any, ...EXPORTED }, read: (attrs) => registryOf("cache-to", attrs) },
  // The client gives it the tag.
  local: {
    accepts: { dest: any, tag: any, ...EXPORTED },
    read: (attrs) => ({ kind: "client", path: required("cache-to", attrs, "dest") }),
  },
  inline: { accepts: EXPORTED, read: () => ({ kind: "inline" }) },
};

/** Throws OPTION_UNSUPPORTED, OPTION_INVALID, REFERENCE_INVALID. */
export function readCacheImport({ type, attrs }: CacheEntry): NamedCache {
  const found = typeOf(IMPORTED, type, "import");
  refuseOthers("cache-from", attrs, found.accepts);
  return found.read(attrs);
}

/** Throws as readCacheImport(). */
export function readCacheExports(entries: readonly CacheEntry[]): readonly NamedExport[] {
  const named = entries.map(readCacheExport);
  // Clients are told of one manifest, and name that in all of their folders.
  if (named.filter(({ to }) => to.kind === "client").length > 1)
    throw unsupported("more than one cache export of type=local");
  return named;
}

function readCacheExport({ type, attrs }: CacheEntry): NamedExport {
  const found = typeOf(TARGETS, type, "export");
  refuseOthers("cache-to", attrs, found.accepts);
  const mounts = isTrue(attrs.get("mounts") ?? "");
  if (mounts && type === "inline") throw unsupported("cache-to type=inline with mounts=true");
  return {
    to: found.read(attrs),
    mode: attrs.get("mode") === "max" ? "max" : "min",
    compression: compressionOf(attrs.get("compression")) ?? "gzip",
    ignoreErrors: isTrue(attrs.get("ignore-error") ?? ""),
    mounts,
  };
}

const INLINE = {
  to: { kind: "inline" },
  mode: "min",
  compression: "gzip",
  ignoreErrors: false,
  mounts: false,
} as const;

/** A build argument asks for a cache in the image too; clients may have made that of it already. Throws OPTION_INVALID. */
export function withInline<T extends CacheExport | NamedExport>(
  to: readonly T[],
  buildArgs: BuildRequest["buildArgs"],
): readonly (T | typeof INLINE)[] {
  const isAsked = switchArgument(buildArgs, "BUILDKIT_INLINE_CACHE") === true;
  return isAsked && !to.some((one) => one.to.kind === "inline") ? [...to, INLINE] : to;
}

function typeOf<T>(types: Readonly<Record<string, T>>, type: string, what: string): T {
  const found = Object.hasOwn(types, type) ? types[type] : undefined;
  if (found === undefined) throw unsupported(`a cache ${what} of type=${type}`);
  return found;
}

function readClients(attrs: CacheEntry["attrs"]): ClientsCache {
  const path = required("cache-from", attrs, "src");
  const digest = required("cache-from", attrs, "digest");
  return { kind: "client", path, digest: parseDigest(digest) };
}

function refuseOthers(option: string, attrs: CacheEntry["attrs"], accepted: Accepts): void {
  for (const [name, value] of attrs)
    if (!isAccepted(accepted, name, value)) throw unsupported(`${option} ${name}=${value}`);
}

function registryOf(option: string, attrs: CacheEntry["attrs"]): Registry {
  const reference = required(option, attrs, "ref");
  parseReference(reference);
  return { kind: "registry", reference };
}

function required(option: string, attrs: CacheEntry["attrs"], name: string): string {
  const value = attrs.get(name) ?? "";
  if (value !== "") return value;
  throw new Failure("OPTION_INVALID", { option, got: `no ${name}`, want: `${name}=VALUE` });
}

const IMPORTS = z.array(z.object({ Type: z.string(), Attrs: z.record(z.string(), z.string()).nullish() }));

/** The frontend's attribute cache-imports, in JSON. Throws OPTION_INVALID and as readCacheImport(). */
export function readCacheImports(text: string): readonly NamedCache[] {
  return parseImports(text).map(({ Type: type, Attrs }) =>
    readCacheImport({ type, attrs: new Map(Object.entries(Attrs ?? {})) }),
  );
}

function parseImports(text: string): z.output<typeof IMPORTS> {
  try {
    return IMPORTS.parse(JSON.parse(text));
  } catch (cause) {
    throw new Failure(
      "OPTION_INVALID",
      { option: "cache-imports", got: text.slice(0, 200), want: "a list of caches in JSON" },
      { cause },
    );
  }
}

const unsupported = (option: string): Failure => new Failure("OPTION_UNSUPPORTED", { option });
