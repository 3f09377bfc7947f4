import type { Descriptor } from "../core/descriptor.ts";
import { isDigest } from "../core/digest.ts";
import { Failure } from "../core/errors.ts";
import type { Platform } from "../core/platform.ts";
import { MANIFEST_KINDS, MEDIA_TYPES } from "./media-types.ts";

/** Most registries refuse larger ones; see distribution-spec, "Pushing Manifests". */
const SIZE_LIMIT = 4 << 20;
/** Far above what kernels can stack and people build; bounds the work a hostile document can ask for. */
const LIST_LIMIT = 10_000;

interface Common {
  /** The bytes the digest is of. */
  readonly raw: Buffer;
  readonly mediaType: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly artifactType?: string;
  readonly subject?: Descriptor;
}
/** OCI image-spec manifest.md; Docker image manifest schema 2. */
export interface ImageManifest extends Common {
  readonly kind: "image";
  readonly config: Descriptor;
  /** Lowest first. */
  readonly layers: readonly Descriptor[];
}
/** OCI image-spec image-index.md; Docker manifest list. */
export interface ImageIndex extends Common {
  readonly kind: "index";
  readonly manifests: readonly Descriptor[];
}
export type Manifest = ImageManifest | ImageIndex;

/**
 * Reads a manifest or index. `mediaType` is what its sender called it; a document that says otherwise is refused, as is one that
 * could be read both ways (CVE-2021-41190). Throws MANIFEST_INVALID.
 */
export function parseManifest(raw: Uint8Array, mediaType?: string): Manifest {
  if (raw.byteLength > SIZE_LIMIT)
    throw invalid(`${raw.byteLength} bytes, at most ${SIZE_LIMIT} are accepted`);
  const document = objectAt(parseJson(raw), "manifest");
  if (document["schemaVersion"] !== 2)
    throw invalid(`schemaVersion ${JSON.stringify(document["schemaVersion"])}, expected 2`);
  const type = typeOf(document, mediaType);
  const kind = MANIFEST_KINDS[type];
  if (kind === undefined) throw invalid(`unknown media type ${JSON.stringify(type)}`);
  const common: Common = {
    raw: Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength),
    mediaType: type,
    ...optional("annotations", stringsAt(document["annotations"], "annotations")),
    ...optional("artifactType", textAt(document["artifactType"], "artifactType")),
    ...(document["subject"] === undefined || document["subject"] === null
      ? {}
      : { subject: parseDescriptor(document["subject"], "subject") }),
  };
  if (kind === "index") {
    refuse(document, ["config", "layers", "fsLayers"], kind);
    return { kind, ...common, manifests: descriptorsAt(document["manifests"], "manifests") };
  }
  refuse(document, ["manifests", "fsLayers"], kind);
  return {
    kind,
    ...common,
    config: parseDescriptor(document["config"], "config"),
    layers: descriptorsAt(document["layers"], "layers"),
  };
}

const invalid = (why: string, cause?: unknown): Failure =>
  new Failure("MANIFEST_INVALID", { why }, cause === undefined ? {} : { cause });

function parseJson(raw: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(raw));
  } catch (error) {
    throw invalid("not JSON in UTF-8", error);
  }
}

/** The document's own word, else the sender's, else what its fields say. */
function typeOf(document: Readonly<Record<string, unknown>>, sent: string | undefined): string {
  const own = textAt(document["mediaType"], "mediaType");
  if (own !== undefined && sent !== undefined && own !== sent)
    throw invalid(`sent as ${JSON.stringify(sent)} but says it is ${JSON.stringify(own)}`);
  return own ?? sent ?? (Array.isArray(document["manifests"]) ? MEDIA_TYPES.index : MEDIA_TYPES.manifest);
}

function refuse(document: Readonly<Record<string, unknown>>, fields: readonly string[], kind: string): void {
  const found = fields.find((field) => document[field] !== undefined);
  if (found !== undefined) throw invalid(`an ${kind} manifest with the field ${JSON.stringify(found)}`);
}

/** Reads one descriptor; `where` names it in the error. Throws MANIFEST_INVALID. */
export function parseDescriptor(value: unknown, where: string): Descriptor {
  const object = objectAt(value, where);
  const mediaType = textAt(object["mediaType"], `${where}.mediaType`);
  const digest = textAt(object["digest"], `${where}.digest`);
  const size = object["size"];
  if (mediaType === undefined) throw invalid(`${where}.mediaType is missing`);
  if (digest === undefined || !isDigest(digest))
    throw invalid(
      `${where}.digest: expected sha256:<64 hex digits> or sha512:<128 hex digits>, got ${JSON.stringify(digest)}`,
    );
  if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0)
    throw invalid(`${where}.size: expected a number of bytes, got ${JSON.stringify(size)}`);
  return {
    mediaType,
    digest,
    size,
    ...optional("platform", platformAt(object["platform"], `${where}.platform`)),
    ...optional("annotations", stringsAt(object["annotations"], `${where}.annotations`)),
    ...optional("urls", listAt(object["urls"], `${where}.urls`)),
    ...optional("artifactType", textAt(object["artifactType"], `${where}.artifactType`)),
  };
}

function descriptorsAt(value: unknown, where: string): readonly Descriptor[] {
  // Go writes an empty list as null.
  const list = value ?? [];
  if (!Array.isArray(list)) throw invalid(`${where}: expected a list`);
  if (list.length > LIST_LIMIT)
    throw invalid(`${where}: ${list.length} entries, at most ${LIST_LIMIT} are accepted`);
  return list.map((entry, index) => parseDescriptor(entry, `${where}[${index}]`));
}

function objectAt(value: unknown, where: string): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw invalid(`${where}: expected an object`);
  return value as Readonly<Record<string, unknown>>;
}

function textAt(value: unknown, where: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string") throw invalid(`${where}: expected a text`);
  return value === "" ? undefined : value;
}

function listAt(value: unknown, where: string): readonly string[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value) || !value.every((item) => typeof item === "string"))
    throw invalid(`${where}: expected a list of texts`);
  return value;
}

function stringsAt(value: unknown, where: string): Readonly<Record<string, string>> | undefined {
  if (value === undefined || value === null) return undefined;
  const object = objectAt(value, where);
  if (!Object.values(object).every((item) => typeof item === "string"))
    throw invalid(`${where}: expected texts`);
  return object as Readonly<Record<string, string>>;
}

function platformAt(value: unknown, where: string): Platform | undefined {
  if (value === undefined || value === null) return undefined;
  const object = objectAt(value, where);
  const os = textAt(object["os"], `${where}.os`) ?? "";
  const architecture = textAt(object["architecture"], `${where}.architecture`) ?? "";
  return { os, architecture, ...optional("variant", textAt(object["variant"], `${where}.variant`)) };
}

const optional = <K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } =>
  (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: V };

/** An OCI image manifest; the same input gives the same bytes. */
export function encodeManifest(content: {
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
  readonly annotations?: Readonly<Record<string, string>>;
  /** Of what is no image. */
  readonly artifactType?: string;
}): Buffer {
  const { config, layers, annotations, artifactType } = content;
  const plain = ({ mediaType, digest, size }: Descriptor): object => ({ mediaType, digest, size });
  return Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MEDIA_TYPES.manifest,
      ...(artifactType === undefined ? {} : { artifactType }),
      config: plain(config),
      layers: layers.map(plain),
      ...(annotations === undefined ? {} : { annotations }),
    }),
  );
}

/** An OCI index, or by its media type a Docker manifest list; the same input gives the same bytes. */
export function encodeIndex(content: {
  readonly mediaType: string;
  readonly manifests: readonly Descriptor[];
}): Buffer {
  const { mediaType, manifests } = content;
  const entries = manifests.map(({ mediaType: type, digest, size, platform }) => ({
    mediaType: type,
    digest,
    size,
    ...(platform === undefined ? {} : { platform }),
  }));
  return Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, manifests: entries }));
}
