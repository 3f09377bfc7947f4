import type { Compression } from "../../core/compression.ts";
import type { Descriptor } from "../../core/descriptor.ts";
import { type Digest, digestOf } from "../../core/digest.ts";
import { Failure } from "../../core/errors.ts";
import { hostPlatform } from "../../core/platform.ts";
import { type Reference, withDefaultTag } from "../../core/reference.ts";
import { readAll, streamOf, verified } from "../../core/streams.ts";
import { choosePlatform } from "../../image/choose-platform.ts";
import { encodeManifest, type ImageManifest } from "../../image/manifest.ts";
import { type Exchange, pushPartsOf } from "./exchange.ts";
import type { Access, Asked } from "./registries.ts";
import type { Repository } from "./repository.ts";
import { pullLayers } from "./transfer/pull-layers.ts";
import { pushBlob } from "./transfer/push-blob.ts";
import { pushLayer } from "./transfer/push-layer.ts";
import { fetchManifest, parseRaw } from "./transfer/resolve-image.ts";

/** An OCI manifest that need not be an image's, with its configuration document. */
export interface Artifact {
  readonly configType: string;
  readonly config: Buffer;
  readonly layers: readonly Descriptor[];
}

const CONFIG_LIMIT = 8 << 20;

/** Documents with layers that are no images: OCI image-spec, manifest.md#guidelines-for-artifact-usage. Methods reject as RegistryClient's. */
export class Artifacts {
  readonly #exchange: Exchange;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  /** What a reference names, of an index the entry for this machine; undefined when there is nothing of that name. */
  async read(reference: Reference, options: Asked = {}): Promise<Artifact | undefined> {
    return this.#with(reference, "pull", options, async (repository) => {
      const manifest = await manifestOf(repository, withDefaultTag(reference), options);
      if (manifest === undefined) return undefined;
      const { config, layers } = manifest;
      if (config.size > CONFIG_LIMIT)
        throw new Failure("MANIFEST_INVALID", {
          why: `a configuration of ${config.size} bytes, at most ${CONFIG_LIMIT} are accepted`,
        });
      const raw = await readAll(verified(repository.blob(config, options), config), CONFIG_LIMIT);
      this.#exchange.remote.note(
        reference,
        layers.map(({ digest }) => digest),
      );
      return { configType: config.mediaType, config: raw, layers };
    });
  }

  /** Brings one layer of it into the store. */
  async fetchLayer(
    reference: Reference,
    layer: { readonly blob: Descriptor; readonly diffId: Digest },
    options: Asked = {},
  ): Promise<void> {
    const { store } = this.#exchange;
    await this.#with(reference, "pull", options, async (repository) => {
      await using lease = store.leases.open(`fetching ${layer.diffId}`);
      await pullLayers({ store, repository, lease, report: () => undefined }, [layer], options);
    });
  }

  /** Sees to it that the repository has a layer. `named`: the blob by which another repository is known to have it. */
  async sendLayer(
    reference: Reference,
    layer: { readonly diffId: Digest; readonly named?: Descriptor },
    options: { readonly compression: Compression } & Asked,
  ): Promise<Descriptor> {
    const parts = pushPartsOf(this.#exchange, reference, options);
    return this.#with(reference, "push", options, (repository) =>
      pushLayer({ ...parts, repository }, { named: undefined, ...layer, reference }, options),
    );
  }

  /** Puts the documents under a tag. The layers must be there. */
  async publish(
    reference: Reference,
    artifact: Artifact & { readonly artifactType: string },
    options: Asked = {},
  ): Promise<void> {
    const { tag = "latest" } = withDefaultTag(reference);
    const { config: raw, configType: mediaType, layers, artifactType } = artifact;
    const config = { mediaType, digest: digestOf(raw), size: raw.byteLength };
    const manifest = encodeManifest({ config, layers, artifactType });
    await this.#with(reference, "push", options, async (repository) => {
      await pushBlob(repository, { blob: config, open: () => streamOf(raw) }, options);
      const { mediaType: type } = parseRaw({ raw: manifest, mediaType: "", digest: digestOf(manifest) });
      await repository.putManifest(
        tag,
        { raw: manifest, mediaType: type, digest: digestOf(manifest) },
        options,
      );
    });
  }

  #with<T>(
    reference: Reference,
    access: Access,
    options: Asked,
    work: (repository: Repository) => Promise<T>,
  ): Promise<T> {
    return this.#exchange.registries.with({ reference, access }, work, options);
  }
}

async function manifestOf(
  repository: Repository,
  { tag = "latest", digest, path }: Reference,
  options: Asked,
): Promise<ImageManifest | undefined> {
  const root = await repository.manifest(digest ?? tag, options);
  const manifest = root === undefined ? undefined : parseRaw(root);
  if (manifest?.kind !== "index") return manifest;
  const chosen = choosePlatform(manifest.manifests, hostPlatform());
  if (chosen === undefined) return undefined;
  const inner = parseRaw(await fetchManifest(repository, chosen.digest, { name: path, ...options }));
  return inner.kind === "image" ? inner : undefined;
}
