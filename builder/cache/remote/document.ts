import { algorithmOf, type Digest, isDigest } from "../../../core/digest.ts";
import type { RecordKey } from "../cache-records.ts";

/** A layer of a cache, in the order of its manifest. */
export interface CacheLayer {
  readonly diffId: Digest;
  /** Bytes of the uncompressed tar. */
  readonly size: number;
}

/** The result of a step under its key, as cache_records has it. */
export interface RemoteRecord extends RecordKey {
  /** Index into the layers. */
  readonly layer: number;
  readonly created: string;
}

/** The directory of a RUN --mount=type=cache. */
export interface CachedMount {
  /** As cache_mounts has it. */
  readonly name: string;
  /** Index into the layers. */
  readonly layer: number;
}

/** What a cache consists of besides the bytes of its layers. */
export interface CacheDocument {
  readonly layers: readonly CacheLayer[];
  readonly records: readonly RemoteRecord[];
  readonly mounts: readonly CachedMount[];
}

/** The configuration document of a cache's manifest. docs/build-cache.md describes it. */
export const CACHE_CONFIG_TYPE = "application/vnd.slipway.buildcache.config.v1+json";
/** What the manifest says it is. */
export const CACHE_ARTIFACT_TYPE = "application/vnd.slipway.buildcache.v1";
/** Of caches that BuildKit wrote. */
export const BUILDKIT_CONFIG_TYPE = "application/vnd.buildkit.cacheconfig.v0";
/** The field of an image's configuration that holds the records of its own layers. */
export const INLINE_FIELD = "org.slipway.buildcache.v1";

const VERSION = 1;
/** More than any Dockerfile leads to; bounds what a hostile document can ask for. */
const MAX_LAYERS = 10_000;
const MAX_RECORDS = 50_000;
const MAX_MOUNTS = 1000;
const MOUNT_NAME = /^[0-9a-f]{64}$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/;

/** Without mounts as it was before there were any. */
export const encodeDocument = ({ layers, records, mounts }: CacheDocument): Buffer =>
  Buffer.from(
    JSON.stringify({ version: VERSION, layers, records, ...(mounts.length === 0 ? {} : { mounts }) }),
  );

/** Reads what others wrote; undefined when it is not in the form that encodeDocument() gives. */
export function parseDocument(raw: Uint8Array): CacheDocument | undefined {
  const document = parseJson(raw);
  if (document?.["version"] !== VERSION) return undefined;
  const layers = listOf(document["layers"], MAX_LAYERS, parseLayer);
  const records = parseRecords(document["records"], layers?.length ?? 0);
  const mounts = parseMounts(document["mounts"] ?? [], layers?.length ?? 0);
  if (layers === undefined || records === undefined || mounts === undefined) return undefined;
  return { layers, records, mounts };
}

/** The records of an image's configuration, which refer to the image's own layers; undefined when it has none. */
export function parseInline(config: Uint8Array, layers: number): readonly RemoteRecord[] | undefined {
  const field = parseJson(config)?.[INLINE_FIELD];
  return isRecord(field) ? parseRecords(field["records"], layers) : undefined;
}

const parseRecords = (value: unknown, layers: number): readonly RemoteRecord[] | undefined =>
  listOf(value, MAX_RECORDS, (entry) => {
    const { definition, inputs, layer, created } = entry;
    if (!isSha256(definition) || !isSha256(inputs) || !isCount(layer) || layer >= layers) return undefined;
    if (typeof created !== "string" || !TIME.test(created) || Number.isNaN(Date.parse(created)))
      return undefined;
    return { definition, inputs, layer, created };
  });

const parseMounts = (value: unknown, layers: number): readonly CachedMount[] | undefined =>
  listOf(value, MAX_MOUNTS, ({ name, layer }) =>
    typeof name === "string" && MOUNT_NAME.test(name) && isCount(layer) && layer < layers
      ? { name, layer }
      : undefined,
  );

function parseLayer({ diffId, size }: Readonly<Record<string, unknown>>): CacheLayer | undefined {
  return isSha256(diffId) && isCount(size) ? { diffId, size } : undefined;
}

const isSha256 = (value: unknown): value is Digest =>
  typeof value === "string" && isDigest(value) && algorithmOf(value) === "sha256";

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function parseJson(raw: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const document: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(raw));
    return isRecord(document) ? document : undefined;
  } catch {
    return undefined;
  }
}

function listOf<T>(
  value: unknown,
  limit: number,
  parse: (entry: Readonly<Record<string, unknown>>) => T | undefined,
): readonly T[] | undefined {
  if (!Array.isArray(value) || value.length > limit) return undefined;
  const parsed = value.map((entry: unknown) => (isRecord(entry) ? parse(entry) : undefined));
  return parsed.every((entry) => entry !== undefined) ? (parsed as readonly T[]) : undefined;
}
