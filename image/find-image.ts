import type { Descriptor } from "../core/descriptor.ts";
import { Failure } from "../core/errors.ts";
import { formatPlatform, type Platform } from "../core/platform.ts";
import { choosePlatform } from "./choose-platform.ts";
import { type ImageConfig, parseConfig } from "./config.ts";
import type { ImageManifest, Manifest } from "./manifest.ts";
import { MEDIA_TYPES } from "./media-types.ts";

const NESTING_LIMIT = 4;
/** Older buildkits wrote none, Docker's are of these two types. */
const CONFIG_TYPES: readonly string[] = [MEDIA_TYPES.config, MEDIA_TYPES.dockerConfig, ""];

/**
 * The image that `root` stands for: itself, or of an index the one for `platform`, whose document `read` gets. Undefined when there is none.
 * Rejects with MANIFEST_INVALID and as `read` does.
 */
export async function findImage(
  root: Manifest,
  platform: Platform,
  read: (descriptor: Descriptor) => Promise<Manifest>,
): Promise<ImageManifest | undefined> {
  let at = root;
  for (let depth = 0; depth < NESTING_LIMIT; depth += 1) {
    if (at.kind === "image") return at;
    const chosen = choosePlatform(at.manifests, platform);
    if (chosen === undefined) return undefined;
    at = await read(chosen);
  }
  throw new Failure("MANIFEST_INVALID", { why: `indexes are nested more than ${NESTING_LIMIT} deep` });
}

/** The configuration that a manifest names, before it is read: an artifact's is none of an image. Throws MANIFEST_INVALID. */
export function requireImageConfig({ mediaType }: Descriptor): void {
  if (CONFIG_TYPES.includes(mediaType)) return;
  const why = `no image but an artifact: its configuration is of type ${mediaType}`;
  throw new Failure("MANIFEST_INVALID", { why });
}

/** The configuration of an image, `raw` as its manifest names it. Throws MANIFEST_INVALID, also when they differ in layers. */
export function parseConfigOf({ layers }: ImageManifest, raw: Uint8Array): ImageConfig {
  const config = parseConfig(raw);
  const { length } = config.rootfs.diff_ids;
  if (length === layers.length) return config;
  const why = `the configuration names ${length} layers, the manifest ${layers.length}`;
  throw new Failure("MANIFEST_INVALID", { why });
}

/** Throws PLATFORM_MISMATCH for an image of another machine. `reference` is how users name it. */
export function requirePlatform(
  reference: string,
  config: Pick<ImageConfig, "os" | "architecture">,
  platform: Platform,
): void {
  if (config.os === platform.os && config.architecture === platform.architecture) return;
  throw new Failure("PLATFORM_MISMATCH", {
    reference,
    want: formatPlatform(platform),
    got: formatPlatform(config),
  });
}
