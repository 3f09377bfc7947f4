import type { Descriptor } from "../../../core/descriptor.ts";
import type { Platform } from "../../../core/platform.ts";
import type { Reference } from "../../../core/reference.ts";
import type { Abortable } from "../../../core/streams.ts";
import type { Repository } from "../repository.ts";
import { fetchManifest, parseRaw, readConfig } from "./resolve-image.ts";

export interface RemoteDescription {
  /** Of what the registry calls by that name: a manifest, or an index. */
  readonly descriptor: Descriptor;
  /** The platforms it is for; of what is no image there are none. */
  readonly platforms: readonly Platform[];
}

/** Reads of a reference's document what there is to know before pulling it. Rejects with REMOTE_IMAGE_UNKNOWN, MANIFEST_INVALID. */
export async function describeRemote(
  repository: Repository,
  reference: Reference,
  options: Abortable,
): Promise<RemoteDescription> {
  const { path, tag = "latest", digest = tag } = reference;
  const root = await fetchManifest(repository, digest, { name: path, ...options });
  const manifest = parseRaw(root);
  const { mediaType } = manifest;
  const descriptor = { mediaType, digest: root.digest, size: root.raw.byteLength };
  if (manifest.kind === "index") {
    const platforms = manifest.manifests.flatMap(({ platform }) =>
      platform === undefined ? [] : [platform],
    );
    return { descriptor, platforms };
  }
  const { os, architecture, variant } = await readConfig(repository, manifest.config, options);
  return { descriptor, platforms: [{ os, architecture, ...(variant === undefined ? {} : { variant }) }] };
}
