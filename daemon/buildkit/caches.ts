import * as z from "zod";
import { switchArgument } from "../../core/builder-arguments.ts";
import { Failure } from "../../core/errors.ts";
import { parseReference } from "../../core/reference.ts";
import type { BuildRequest, CacheExport, CacheLocation } from "../../engine/api.ts";

/** How BuildKit's clients name a cache: `--cache-to` and `--cache-from`, type=registry and its fields. */
export interface CacheEntry {
  readonly type: string;
  readonly attrs: ReadonlyMap<string, string>;
}

type Accepts = Readonly<Record<string, (value: string) => boolean>>;

const SWITCH: Readonly<Record<string, boolean>> = { true: true, "1": true, false: false, "0": false };
const isTrue = (value: string): boolean => SWITCH[value] === true;

const IMPORTED: Accepts = { ref: () => true };
const EXPORTED: Accepts = {
  ref: () => true,
  mode: (value) => value === "min" || value === "max",
  compression: (value) => value === "gzip" || value === "zstd",
  "oci-mediatypes": isTrue,
  "image-manifest": isTrue,
  "ignore-error": (value) => Object.hasOwn(SWITCH, value),
};

/** Throws OPTION_UNSUPPORTED, OPTION_INVALID, REFERENCE_INVALID. */
export function readCacheImport({ type, attrs }: CacheEntry): CacheLocation {
  if (type !== "registry") throw unsupported(`a cache import of type=${type}`);
  refuseOthers("cache-from", attrs, IMPORTED);
  return { kind: "registry", reference: referenceOf("cache-from", attrs) };
}

/** Throws as readCacheImport(). */
export function readCacheExport({ type, attrs }: CacheEntry): CacheExport {
  if (type !== "registry" && type !== "inline") throw unsupported(`a cache export of type=${type}`);
  refuseOthers("cache-to", attrs, EXPORTED);
  return {
    to:
      type === "inline"
        ? { kind: "inline" }
        : { kind: "registry", reference: referenceOf("cache-to", attrs) },
    mode: attrs.get("mode") === "max" ? "max" : "min",
    compression: attrs.get("compression") === "zstd" ? "zstd" : "gzip",
    ignoreErrors: isTrue(attrs.get("ignore-error") ?? ""),
  };
}

const INLINE: CacheExport = {
  to: { kind: "inline" },
  mode: "min",
  compression: "gzip",
  ignoreErrors: false,
};

/** A build argument asks for a cache in the image too; clients may have made that of it already. Throws OPTION_INVALID. */
export function withInline(
  to: readonly CacheExport[],
  buildArgs: BuildRequest["buildArgs"],
): readonly CacheExport[] {
  const isAsked = switchArgument(buildArgs, "BUILDKIT_INLINE_CACHE") === true;
  return isAsked && !to.some((one) => one.to.kind === "inline") ? [...to, INLINE] : to;
}

function refuseOthers(option: string, attrs: CacheEntry["attrs"], accepted: Accepts): void {
  for (const [name, value] of attrs) {
    const accepts = Object.hasOwn(accepted, name) ? accepted[name] : undefined;
    if (accepts?.(value) !== true) throw unsupported(`${option} ${name}=${value}`);
  }
}

function referenceOf(option: string, attrs: CacheEntry["attrs"]): string {
  const reference = attrs.get("ref") ?? "";
  if (reference === "") throw new Failure("OPTION_INVALID", { option, got: "no ref", want: "ref=NAME" });
  parseReference(reference);
  return reference;
}

const IMPORTS = z.array(z.object({ Type: z.string(), Attrs: z.record(z.string(), z.string()).nullish() }));

/** The frontend's attribute cache-imports, in JSON. Throws OPTION_INVALID and as readCacheImport(). */
export function readCacheImports(text: string): readonly CacheLocation[] {
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
