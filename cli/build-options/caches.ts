import { resolve } from "node:path";
import { COMPRESSIONS } from "../../core/compression.ts";
import { csvFields } from "../../core/csv.ts";
import { isDigest } from "../../core/digest.ts";
import { Failure } from "../../core/errors.ts";
import { Fields } from "../../core/fields.ts";
import { parseReference } from "../../core/reference.ts";
import type { CacheExport, CacheLocation } from "../../engine/api.ts";

type SourceReader = (fields: Fields, cwd: string) => CacheLocation;
type TargetReader = (fields: Fields, cwd: string) => CacheExport["to"];

/** A directory without a word on it. */
const DEFAULT_TAG = "latest";

const readRegistry: SourceReader = (fields) => {
  const reference = fields.take("ref");
  if (reference === undefined) throw fields.invalid("ref=NAME");
  parseReference(reference);
  return { kind: "registry", reference };
};

const readDirectory =
  (key: "src" | "dest"): SourceReader =>
  (fields, cwd) => {
    const path = fields.take(key);
    const digest = key === "src" ? fields.take("digest") : undefined;
    if (path === undefined) throw fields.invalid(`${key}=DIRECTORY`);
    if (digest !== undefined && !isDigest(digest)) throw fields.invalid("digest=sha256:<64 hex digits>");
    const tag = fields.take("tag") ?? DEFAULT_TAG;
    return { kind: "directory", path: resolve(cwd, path), tag, ...(digest === undefined ? {} : { digest }) };
  };

const SOURCES: Readonly<Record<string, SourceReader>> = {
  registry: readRegistry,
  local: readDirectory("src"),
};
const TARGETS: Readonly<Record<string, TargetReader>> = {
  registry: readRegistry,
  local: readDirectory("dest"),
  inline: () => ({ kind: "inline" }),
};

/** Of BuildKit's, those that are not here. */
const UNSUPPORTED = ["compression-level", "force-compression", "registry.insecure", "reset"];

/** `--cache-from type=registry|local,…`, or a reference. Throws OPTION_INVALID, OPTION_UNSUPPORTED, REFERENCE_INVALID. */
export const readCacheSources = (texts: readonly string[], cwd: string): readonly CacheLocation[] =>
  texts.map((text) => {
    const fields = open("--cache-from", text);
    const source = readerOf(SOURCES, "--cache-from", fields)(fields, cwd);
    fields.finish(["type", "ref", "src", "tag", "digest"]);
    return source;
  });

/**
 * `--cache-to type=registry|local|inline,…`, or a reference. Throws as readCacheSources().
 * https://docs.docker.com/build/cache/backends/
 */
export const readCacheTargets = (texts: readonly string[], cwd: string): readonly CacheExport[] =>
  texts.map((text) => readTarget(open("--cache-to", text), cwd));

function readTarget(fields: Fields, cwd: string): CacheExport {
  const to = readerOf(TARGETS, "--cache-to", fields)(fields, cwd);
  const mode = fields.choice("mode", ["min", "max"]) ?? "min";
  const compression = fields.choice("compression", COMPRESSIONS) ?? "gzip";
  for (const key of ["oci-mediatypes", "image-manifest"])
    if (fields.boolean(key) === false)
      throw new Failure("OPTION_UNSUPPORTED", { option: `--cache-to ${key}=false` });
  const ignoreErrors = fields.boolean("ignore-error") ?? false;
  const mounts = fields.boolean("mounts") ?? false;
  if (mounts && to.kind === "inline")
    throw new Failure(
      "OPTION_UNSUPPORTED",
      { option: "--cache-to type=inline with mounts=true" },
      {
        hint: "an image has no place for cache mounts: write a cache of type=registry or type=local for them",
      },
    );
  fields.finish([
    "type",
    "ref",
    "dest",
    "tag",
    "mode",
    "compression",
    "oci-mediatypes",
    "image-manifest",
    "ignore-error",
    "mounts",
  ]);
  return { to, mode, compression, ignoreErrors, mounts };
}

/** A bare reference is a registry's. */
function open(option: string, text: string): Fields {
  const isReference = !text.includes("=") && csvFields(text).length === 1;
  const fields = new Fields(option, isReference ? `type=registry,ref=${text}` : text);
  const refused = UNSUPPORTED.find((key) => fields.rest().has(key));
  if (refused !== undefined) throw new Failure("OPTION_UNSUPPORTED", { option: `${option} ${refused}` });
  return fields;
}

function readerOf<R>(readers: Readonly<Record<string, R>>, option: string, fields: Fields): R {
  const type = fields.take("type") ?? "registry";
  const reader = readers[type];
  if (reader !== undefined) return reader;
  throw new Failure(
    "OPTION_UNSUPPORTED",
    { option: `${option} type=${type}` },
    { hint: `there are: ${Object.keys(readers).join(", ")}` },
  );
}
