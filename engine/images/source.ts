import type { BaseImage, ImageSource } from "../../builder/ports.ts";
import { Failure } from "../../core/errors.ts";
import { formatPlatform, type Platform } from "../../core/platform.ts";
import { parseReference } from "../../core/reference.ts";
import type { ImageConfig } from "../../image/config.ts";
import type { ImageRecord, ImageStore } from "../../store/types.ts";
import type { LazyRegistries } from "../registries.ts";

export interface ImageSourceParts {
  readonly images: ImageStore;
  readonly registries: Pick<LazyRegistries, "client" | "clientOf">;
}

/** Base images of builds: from the local store, else pulled; with `pull` the registry is always asked. */
export function imageSource({ images, registries }: ImageSourceParts): ImageSource {
  return {
    resolve: async (reference, { pull, credentials, ...options }) => {
      const local = pull ? undefined : await findLocal(images, reference, options.platform);
      if (local !== undefined) return local;
      const parsed = parseReference(reference);
      await using own = credentials === undefined ? undefined : await registries.clientOf(credentials);
      const client = own ?? (await registries.client());
      const { id } = await client.pull(parsed, options);
      const record = images.get(id);
      return baseOf(reference, record, await images.config(record.id));
    },
  };
}

/** An image of that name for another platform is not the one that is meant, unless there is no place to get that from. */
async function findLocal(
  images: ImageStore,
  reference: string,
  platform: Platform,
): Promise<BaseImage | undefined> {
  const record = images.find(reference);
  if (record === undefined) return undefined;
  const config = await images.config(record.id);
  if (config.os === platform.os && config.architecture === platform.architecture)
    return baseOf(reference, record, config);
  // An image made here is in no registry.
  if (record.digests.length > 0) return undefined;
  throw new Failure("PLATFORM_MISMATCH", {
    reference,
    want: formatPlatform(platform),
    got: formatPlatform(config),
  });
}

const baseOf = (reference: string, { id, layers }: ImageRecord, config: ImageConfig): BaseImage => ({
  reference,
  id,
  config,
  layers,
});
