import type { BaseImage, ImageSource } from "../../builder/ports.ts";
import { type Digest, isDigest } from "../../core/digest.ts";
import { Failure } from "../../core/errors.ts";
import { formatPlatform, type Platform } from "../../core/platform.ts";
import { formatReference, parseReference, repositoryOf, withDefaultTag } from "../../core/reference.ts";
import type { Abortable } from "../../core/streams.ts";
import type { ImageConfig } from "../../image/config.ts";
import type { RegistryClient } from "../../registry/client/registry-client.ts";
import type { ImageRecord, ImageStore } from "../../store/types.ts";
import type { LazyRegistries } from "../registries.ts";

export interface ImageSourceParts {
  readonly images: ImageStore;
  readonly registries: Pick<LazyRegistries, "client" | "clientOf">;
}

/** Base images of builds: from the local store, else pulled; with `pull` the registry is always asked. */
export function imageSource({ images, registries }: ImageSourceParts): ImageSource {
  return {
    resolve: async (reference, { pull, credentials, lazy = false, ...options }) => {
      const local = pull ? undefined : await findLocal(images, reference, options.platform);
      if (local !== undefined) return local;
      const parsed = parseReference(reference);
      await using own = credentials === undefined ? undefined : await registries.clientOf(credentials);
      const client = own ?? (await registries.client());
      if (lazy && own === undefined) return await lookUp({ images, client }, reference, options);
      const { id, digest } = await client.pull(parsed, options);
      const record = images.get(id);
      return { ...baseOf(reference, record, await images.config(record.id)), digest };
    },
  };
}

/** The image is brought by its digest: the tag may have moved until then. */
async function lookUp(
  { images, client }: { readonly images: ImageStore; readonly client: RegistryClient },
  text: string,
  { platform, ...options }: { readonly platform: Platform } & Abortable,
): Promise<BaseImage> {
  const reference = withDefaultTag(parseReference(text));
  const { id, digest, config, blobs } = await client.lookUp(reference, { platform, ...options });
  const fetch = async (signal: AbortSignal): Promise<void> => {
    await client.pull({ ...reference, digest }, { platform, signal });
    if (reference.digest === undefined) images.tag(id, formatReference(reference));
  };
  return { reference: text, id, digest, config, layers: config.rootfs.diff_ids, remote: { blobs, fetch } };
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

const baseOf = (reference: string, record: ImageRecord, config: ImageConfig): BaseImage => ({
  reference,
  id: record.id,
  digest: digestIn(reference, record),
  config,
  layers: record.layers,
});

/** By which others know the image of that name, where it came from a registry or was sent to one. */
function digestIn(reference: string, { manifest, digests }: ImageRecord): Digest {
  if (isDigest(reference)) return manifest.digest;
  const { digest, ...named } = parseReference(reference);
  const repository = repositoryOf(named);
  const known = digests.map(parseReference).filter((one) => repositoryOf(one) === repository);
  return digest ?? known[0]?.digest ?? manifest.digest;
}
