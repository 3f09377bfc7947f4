import type { Descriptor } from "../../../core/descriptor.ts";
import type { Digest } from "../../../core/digest.ts";
import { Failure } from "../../../core/errors.ts";
import { formatPlatform, hostPlatform, type Platform } from "../../../core/platform.ts";
import { type Abortable, readAll, verified } from "../../../core/streams.ts";
import { type ImageConfig, parseConfig } from "../../../image/config.ts";
import { findImage, parseConfigOf, requireImageConfig, requirePlatform } from "../../../image/find-image.ts";
import { type ImageManifest, type Manifest, parseManifest } from "../../../image/manifest.ts";
import { MANIFEST_KINDS } from "../../../image/media-types.ts";
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

const CONFIG_LIMIT = 8 << 20;

/** Reads manifests and configuration. Rejects with REMOTE_IMAGE_UNKNOWN, PLATFORM_MISSING, PLATFORM_MISMATCH, MANIFEST_INVALID. */
export async function resolveImage(repository: Repository, wanted: Wanted): Promise<ResolvedImage> {
  const root = await fetchManifest(repository, wanted.reference, wanted);
  const { platform, name } = wanted;
  const platformOfIndex = platform ?? hostPlatform();
  const manifest = await findImage(parseRaw(root), platformOfIndex, async ({ digest }) =>
    parseRaw(await fetchManifest(repository, digest, wanted)),
  );
  if (manifest === undefined)
    throw new Failure("PLATFORM_MISSING", { reference: name, platform: formatPlatform(platformOfIndex) });
  const rawConfig = await readRawConfig(repository, manifest.config, wanted);
  const config = parseConfigOf(manifest, rawConfig);
  if (platform !== undefined) requirePlatform(name, config, platform);
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

/** The configuration a manifest names. Rejects with MANIFEST_INVALID for what is no image. */
export const readConfig = async (
  repository: Repository,
  config: Descriptor,
  options: Abortable,
): Promise<ImageConfig> => parseConfig(await readRawConfig(repository, config, options));

async function readRawConfig(
  repository: Repository,
  config: Descriptor,
  options: Abortable,
): Promise<Buffer> {
  requireImageConfig(config);
  if (config.size > CONFIG_LIMIT)
    throw new Failure("MANIFEST_INVALID", {
      why: `a configuration of ${config.size} bytes, at most ${CONFIG_LIMIT} are accepted`,
    });
  return readAll(verified(repository.blob(config, options), config), CONFIG_LIMIT);
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
