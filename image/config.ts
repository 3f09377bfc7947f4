import { algorithmOf, type Digest, isDigest } from "../core/digest.ts";
import { Failure } from "../core/errors.ts";

/** Container defaults of an image: OCI image-spec config.md, with Docker's additions (Healthcheck, OnBuild, Shell, ArgsEscaped). */
export interface ContainerConfig {
  readonly Hostname?: string;
  readonly Domainname?: string;
  readonly User?: string;
  readonly ExposedPorts?: Readonly<Record<string, Record<string, never>>>;
  readonly Env?: readonly string[];
  readonly Entrypoint?: readonly string[] | null;
  readonly Cmd?: readonly string[] | null;
  readonly Volumes?: Readonly<Record<string, Record<string, never>>>;
  readonly WorkingDir?: string;
  readonly Labels?: Readonly<Record<string, string>>;
  readonly StopSignal?: string;
  readonly StopTimeout?: number;
  readonly ArgsEscaped?: boolean;
  readonly Healthcheck?: Healthcheck;
  readonly OnBuild?: readonly string[] | null;
  readonly Shell?: readonly string[];
}

/** Durations in nanoseconds. */
export interface Healthcheck {
  readonly Test?: readonly string[];
  readonly Interval?: number;
  readonly Timeout?: number;
  readonly StartPeriod?: number;
  readonly StartInterval?: number;
  readonly Retries?: number;
}

export interface HistoryEntry {
  readonly created?: string;
  readonly created_by?: string;
  readonly author?: string;
  readonly comment?: string;
  readonly empty_layer?: boolean;
}

/** The image configuration document. Fields of other tools are kept (loose), the raw bytes decide the id. */
export interface ImageConfig {
  readonly created?: string;
  readonly author?: string;
  readonly architecture: string;
  readonly variant?: string;
  readonly os: string;
  readonly "os.version"?: string;
  readonly config?: ContainerConfig;
  readonly rootfs: { readonly type: "layers"; readonly diff_ids: readonly Digest[] };
  readonly history?: readonly HistoryEntry[];
}

/** More diff ids than any kernel can stack; bounds the work a hostile document can ask for. */
const LAYER_LIMIT = 10_000;

/** Reads an image configuration; fields this program does not know are kept. Throws MANIFEST_INVALID. */
export function parseConfig(raw: Uint8Array): ImageConfig {
  const refuse = (why: string, cause?: unknown): Failure =>
    new Failure("MANIFEST_INVALID", { why: `image configuration: ${why}` }, { cause });
  let document: unknown;
  try {
    document = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(raw));
  } catch (error) {
    throw refuse("not JSON in UTF-8", error);
  }
  if (!isRecord(document)) throw refuse("expected an object");
  const { rootfs, os, architecture, history, config } = document as Readonly<Record<string, unknown>>;
  if (!isRecord(rootfs) || rootfs["type"] !== "layers") throw refuse('rootfs.type: expected "layers"');
  // Go writes an empty list as null.
  const diffIds = rootfs["diff_ids"] ?? [];
  if (!Array.isArray(diffIds) || diffIds.length > LAYER_LIMIT)
    throw refuse(`rootfs.diff_ids: expected at most ${LAYER_LIMIT} digests`);
  const wrong = diffIds.find((id) => typeof id !== "string" || !isDigest(id) || algorithmOf(id) !== "sha256");
  if (wrong !== undefined) throw refuse(`rootfs.diff_ids: ${JSON.stringify(wrong)} is no sha256 digest`);
  if (typeof os !== "string" || typeof architecture !== "string")
    throw refuse("os and architecture are required");
  if (history !== undefined && history !== null && !(Array.isArray(history) && history.every(isRecord)))
    throw refuse("history: expected a list of objects");
  if (config !== undefined && config !== null && !isRecord(config))
    throw refuse("config: expected an object");
  const known = { ...document, os, architecture, rootfs: { type: "layers", diff_ids: diffIds } };
  return Object.fromEntries(
    Object.entries(known).filter(([, value]) => value !== null),
  ) as unknown as ImageConfig;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The bytes whose digest is the image's id: equal values give equal bytes, whatever the order of their fields. */
export function encodeConfig(config: ImageConfig): Buffer {
  return Buffer.from(JSON.stringify(sorted(config)));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isRecord(value)) return value;
  const keys = Object.keys(value).sort();
  return Object.fromEntries(keys.map((key) => [key, sorted(value[key])]));
}
