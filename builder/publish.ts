import type { Annotations } from "../core/annotations.ts";
import type { Digest } from "../core/digest.ts";
import { digestOf } from "../core/digest.ts";
import { familiarReference, formatReference, type Reference } from "../core/reference.ts";
import { encodeConfig, type ImageConfig } from "../image/config.ts";
import type { Store } from "../store/types.ts";
import type { LazyLayers } from "./cache/remote/lazy-layers.ts";
import type { BuildResult } from "./types.ts";

export interface PublishParts {
  readonly store: Store;
  readonly lazy: LazyLayers;
  readonly tags: readonly Reference[];
  readonly pushOnly: boolean;
  /** Of the manifest. */
  readonly annotations?: Annotations | undefined;
  readonly signal: AbortSignal;
}

/**
 * Makes the image of a finished build. One that is only going to be pushed stays outside of the store when that saves bringing layers; but a
 * name that the store knows must mean the new image, so then they are brought.
 */
export async function publishImage(config: ImageConfig, parts: PublishParts): Promise<BuildResult> {
  const { store, lazy, signal } = parts;
  const annotated = parts.annotations === undefined ? {} : { annotations: parts.annotations };
  const tags = parts.tags.map(familiarReference);
  const { diff_ids: layers } = config.rootfs;
  const missing = lazy.missing(layers);
  if (missing.length > 0 && canStayOutside(missing, parts)) {
    const raw = encodeConfig(config);
    const unstored = {
      config: raw,
      ...annotated,
      layers: layers.map((diffId) => placed(diffId, lazy, missing)),
    };
    return { image: digestOf(raw), tags, unstored };
  }
  await lazy.bring(missing, signal);
  const { id } = await store.images.publish({ config, ...annotated }, parts.tags.map(formatReference));
  return { image: id, tags };
}

const canStayOutside = (missing: readonly Digest[], { store, lazy, tags, pushOnly }: PublishParts): boolean =>
  pushOnly &&
  tags.length > 0 &&
  missing.every((diffId) => lazy.get(diffId)?.blob !== undefined) &&
  tags.every((tag) => store.images.find(formatReference(tag)) === undefined);

function placed(diffId: Digest, lazy: LazyLayers, missing: readonly Digest[]) {
  const blob = missing.includes(diffId) ? lazy.get(diffId)?.blob : undefined;
  return { diffId, ...(blob === undefined ? {} : { blob }) };
}
