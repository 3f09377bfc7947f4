import type { Descriptor } from "../../../core/descriptor.ts";
import type { Digest } from "../../../core/digest.ts";
import { Failure } from "../../../core/errors.ts";
import { formatPlatform, hostPlatform, type Platform } from "../../../core/platform.ts";
import { type Abortable, readAll, verified } from "../../../core/streams.ts";
import { choosePlatform } from "../../../image/choose-platform.ts";
import { type ImageConfig, parseConfig } from "../../../image/config.ts";
import { type ImageManifest, type Manifest, parseManifest } from "../../../image/manifest.ts";
import { MANIFEST_KINDS, MEDIA_TYPES } from "../../../image/media-types.ts";
import type { RawManifest, Repository } from "../repository.ts";

/** What a tag or digest of a repository stands for, on one platform. */
export interface ResolvedImage {
  /** What the tag names: the image's manifest, or an index that has it. */
  readonly root: RawManifest;
  readonly manifest: ImageManifest;
  readonly config: ImageConfig;
  readonly rawConfig: Buffer;
}

export interface Wanted extends Abortable {
  /** A tag or a digest. */
  readonly reference: string;
  /** How users name it. */
  readonly name: string;
  /** This machine's when absent; when given, an image for another one is refused. */
  readonly platform?: Platform;
}

const NESTING_LIMIT = 4;
const CONFIG_LIMIT = 8 << 20;
/** Older buildkits wrote none, Docker's are of these two types. */
const CONFIG_TYPES: readonly string[] = [MEDIA_TYPES.config, MEDIA_TYPES.dockerConfig, ""];

/** Reads manifests and configuration. Rejects with REMOTE_IMAGE_UNKNOWN, PLATFORM_MISSING, PLATFORM_MISMATCH, MANIFEST_INVALID. */
export async function resolveImage(repository: Repository, wanted: Wanted): Promise<ResolvedImage> {
  const root = await fetchManifest(repository, wanted.reference, wanted);
  const manifest = await descend(repository, root, wanted);
  const { rawConfig, config } = await readConfig(repository, manifest.config, wanted);
  if (config.rootfs.diff_ids.length !== manifest.layers.length)
    throw new Failure("MANIFEST_INVALID", {
      why: `the configuration names ${config.rootfs.diff_ids.length} layers, the manifest ${manifest.layers.length}`,
    });
  const { platform, name } = wanted;
  if (platform !== undefined && (config.os !== platform.os || config.architecture !== platform.architecture))
    throw new Failure("PLATFORM_MISMATCH", {
      reference: name,
      want: formatPlatform(platform),
      got: formatPlatform(config),
    });
  return { root, manifest, config, rawConfig };
}

/** The document behind a tag or digest. Rejects with REMOTE_IMAGE_UNKNOWN. */
export async function fetchManifest(
  repository: Repository,
  reference: string,
  wanted: Pick<Wanted, "name" | "signal">,
): Promise<RawManifest> {
  const found = await repository.manifest(reference, wanted);
  if (found !== undefined) return found;
  throw new Failure("REMOTE_IMAGE_UNKNOWN", { reference: wanted.name, why: "manifest unknown" });
}

/** A type that says nothing about manifests is not believed: some servers send everything as text/plain. */
export const parseRaw = ({ raw, mediaType }: RawManifest): Manifest =>
  parseManifest(raw, MANIFEST_KINDS[mediaType] === undefined ? undefined : mediaType);

/** From indexes to the image for the platform. */
async function descend(repository: Repository, root: RawManifest, wanted: Wanted): Promise<ImageManifest> {
  const platform = wanted.platform ?? hostPlatform();
  let current = parseRaw(root);
  for (let depth = 0; depth < NESTING_LIMIT; depth += 1) {
    if (current.kind === "image") return current;
    const chosen = choosePlatform(current.manifests, platform);
    if (chosen === undefined)
      throw new Failure("PLATFORM_MISSING", { reference: wanted.name, platform: formatPlatform(platform) });
    current = parseRaw(await fetchManifest(repository, chosen.digest, wanted));
  }
  throw new Failure("MANIFEST_INVALID", { why: `indexes are nested more than ${NESTING_LIMIT} deep` });
}

/** The configuration a manifest names. Rejects with MANIFEST_INVALID for what is no image. */
export async function readConfig(
  repository: Repository,
  config: Descriptor,
  options: Abortable,
): Promise<Pick<ResolvedImage, "config" | "rawConfig">> {
  if (!CONFIG_TYPES.includes(config.mediaType))
    throw new Failure("MANIFEST_INVALID", {
      why: `no image but an artifact: its configuration is of type ${config.mediaType}`,
    });
  if (config.size > CONFIG_LIMIT)
    throw new Failure("MANIFEST_INVALID", {
      why: `a configuration of ${config.size} bytes, at most ${CONFIG_LIMIT} are accepted`,
    });
  const rawConfig = await readAll(verified(repository.blob(config, options), config), CONFIG_LIMIT);
  return { rawConfig, config: parseConfig(rawConfig) };
}

/** The blob and the layer it holds, for each distinct layer, lowest first. */
export function layersOf({ manifest, config }: ResolvedImage): readonly {
  readonly blob: Descriptor;
  readonly diffId: Digest;
}[] {
  const layers = new Map<Digest, { readonly blob: Descriptor; readonly diffId: Digest }>();
  for (const [i, blob] of manifest.layers.entries()) {
    const diffId = config.rootfs.diff_ids[i];
    if (diffId !== undefined && !layers.has(blob.digest)) layers.set(blob.digest, { blob, diffId });
  }
  return [...layers.values()];
}
