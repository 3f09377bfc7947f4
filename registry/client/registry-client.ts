import type { Descriptor } from "../../core/descriptor.ts";
import type { Digest } from "../../core/digest.ts";
import { Failure, isCode } from "../../core/errors.ts";
import type { Platform } from "../../core/platform.ts";
import { familiarName, familiarReference, type Reference, withDefaultTag } from "../../core/reference.ts";
import type { Abortable } from "../../core/streams.ts";
import type { ImageConfig } from "../../image/config.ts";
import type { UnstoredImage } from "../../image/unstored-image.ts";
import type { Store } from "../../store/types.ts";
import { readSecret } from "../shared/store-proof.ts";
import { Artifacts } from "./artifacts.ts";
import type { Credentials } from "./auth/credentials.ts";
import { HUB } from "./endpoints.ts";
import { type Exchange, type PushOptions, pushPartsOf } from "./exchange.ts";
import type { HttpResponse } from "./http/message.ts";
import { ManifestLists } from "./manifest-lists.ts";
import { type Access, type Asked, Registries, type RegistryOptions } from "./registries.ts";
import type { SearchResult } from "./search.ts";
import { describeRemote, type RemoteDescription } from "./transfer/describe-remote.ts";
import type { Report } from "./transfer/events.ts";
import { type PulledImage, pullImage } from "./transfer/pull-image.ts";
import { pushTag } from "./transfer/push-tag.ts";
import { pushUnstored } from "./transfer/push-unstored.ts";
import { RemoteBlobs } from "./transfer/remote-blobs.ts";
import { resolveImage } from "./transfer/resolve-image.ts";

/** What a reference names in its registry. */
export interface LookedUp {
  /** Of the configuration, by which an image is known. */
  readonly id: Digest;
  /** Of what the reference names: a manifest, or an index. */
  readonly digest: Digest;
  readonly config: ImageConfig;
  /** Lowest first. */
  readonly blobs: readonly Descriptor[];
}

/** Exchanges the images of a store with registries. Disposing it closes its connections. */
export class RegistryClient implements AsyncDisposable {
  readonly #store: Store;
  readonly #registries: Registries;
  readonly #remote: RemoteBlobs;
  readonly lists: ManifestLists;
  readonly artifacts: Artifacts;

  constructor(store: Store, options: RegistryOptions) {
    this.#store = store;
    this.#registries = new Registries({
      ownStore: {
        secret: () => readSecret(store.paths.registrySecret),
        has: (digest) => store.content.stat(digest) !== undefined,
      },
      ...options,
    });
    this.#remote = new RemoteBlobs(store.database);
    this.lists = new ManifestLists(store.database, this.#registries);
    this.artifacts = new Artifacts(this.#exchange);
  }

  get #exchange(): Exchange {
    return { store: this.#store, registries: this.#registries, remote: this.#remote };
  }

  /** A file of the web, by the same proxies and certificates as registries, without credentials. Rejects with REGISTRY_UNREACHABLE, REGISTRY_TLS. */
  fetch(
    url: URL,
    headers: Readonly<Record<string, string>>,
    { signal }: Abortable = {},
  ): Promise<HttpResponse> {
    return this.#registries.fetch({ method: "GET", url, headers, signal });
  }

  /** Rejects with REMOTE_IMAGE_UNKNOWN, REGISTRY_DENIED, REGISTRY_UNREACHABLE and what else a registry can do wrong. */
  async pull(
    reference: Reference,
    options: { readonly platform?: Platform; readonly report?: Report } & Asked = {},
  ): Promise<PulledImage> {
    const wanted = withDefaultTag(reference);
    const { report = () => undefined, platform, signal } = options;
    const rest = signal === undefined ? {} : { signal };
    const work = { reference: wanted, access: "pull" } as const;
    try {
      return await this.#registries.with(
        work,
        (repository) =>
          pullImage(
            { store: this.#store, remote: this.#remote, repository, report },
            { reference: wanted, ...(platform === undefined ? {} : { platform }) },
            rest,
          ),
        options,
      );
    } catch (error) {
      throw inDockersWords(error, { reference: wanted, access: "pull" }, options);
    }
  }

  /** Looks an image up without bringing its layers. Rejects as pull() does. */
  async lookUp(
    reference: Reference,
    options: { readonly platform?: Platform } & Asked = {},
  ): Promise<LookedUp> {
    const wanted = withDefaultTag(reference);
    const { tag = "latest", digest = tag } = wanted;
    try {
      const image = await this.#registries.with(
        { reference: wanted, access: "pull" },
        (repository) =>
          resolveImage(repository, { reference: digest, name: familiarReference(wanted), ...options }),
        options,
      );
      const blobs = image.manifest.layers;
      this.#remote.note(
        reference,
        blobs.map((blob) => blob.digest),
      );
      return { id: image.manifest.config.digest, digest: image.root.digest, config: image.config, blobs };
    } catch (error) {
      throw inDockersWords(error, { reference: wanted, access: "pull" }, options);
    }
  }

  /** All tags of a repository. */
  async tags(reference: Reference, options: Asked = {}): Promise<readonly string[]> {
    try {
      const tags = await this.#registries.with(
        { reference, access: "pull" },
        (repository) => repository.tags(options),
        options,
      );
      if (tags !== undefined) return tags;
    } catch (error) {
      throw inDockersWords(error, { reference, access: "pull" }, options);
    }
    throw new Failure("REMOTE_IMAGE_UNKNOWN", { reference: familiarName(reference), why: "name unknown" });
  }

  /**
   * `reference` must be a tag of an image of the store, or of one on each of several platforms, unless `image` is pushed by that name, which is not in
   * the store. Resolves with the digest of the manifest or index.
   */
  async push(
    reference: Reference,
    { image, ...options }: PushOptions & { readonly image?: UnstoredImage } = {},
  ): Promise<Digest> {
    const { tag = "latest" } = withDefaultTag(reference);
    const { signal } = options;
    const rest = signal === undefined ? {} : { signal };
    const parts = pushPartsOf(this.#exchange, reference, options);
    try {
      return await this.#registries.with(
        { reference, access: "push" },
        (repository) =>
          image === undefined
            ? pushTag({ ...parts, repository }, { ...reference, tag }, rest)
            : pushUnstored({ ...parts, repository }, { image, reference: { ...reference, tag } }, rest),
        options,
      );
    } catch (error) {
      throw inDockersWords(error, { reference, access: "push" }, options);
    }
  }

  /** What a reference names in its registry, and the platforms it is for. Rejects as pull() does. */
  async describe(reference: Reference, options: Asked = {}): Promise<RemoteDescription> {
    const wanted = withDefaultTag(reference);
    const work = { reference: wanted, access: "pull" } as const;
    const { signal } = options;
    const rest = signal === undefined ? {} : { signal };
    try {
      return await this.#registries.with(
        work,
        (repository) => describeRemote(repository, wanted, rest),
        options,
      );
    } catch (error) {
      throw inDockersWords(error, work, options);
    }
  }

  /** Tries credentials; see Registries.verify(). */
  verify(domain: string, credentials: Credentials, options?: Abortable): Promise<Credentials> {
    return this.#registries.verify(domain, credentials, options);
  }

  /** See Registries.search(). */
  search(domain: string, wanted: Parameters<Registries["search"]>[1]): Promise<readonly SearchResult[]> {
    return this.#registries.search(domain, wanted);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#registries[Symbol.asyncDispose]();
  }
}

/** What users of docker are told when they may not, with the registry's own words, and what they can do. */
function inDockersWords(
  error: unknown,
  { reference, access }: { readonly reference: Reference; readonly access: Access },
  { signal }: Abortable,
): unknown {
  if (signal?.aborted === true) return new Failure("CANCELLED", { what: `the ${access}` }, { cause: error });
  const unauthorized = isCode(error, "REGISTRY_UNAUTHORIZED");
  if (!unauthorized && !isCode(error, "REGISTRY_DENIED")) return error;
  const said = `${unauthorized ? "unauthorized: " : ""}${error.detail.why}`;
  const what = `${access === "pull" ? "pull" : "push"} access denied for ${familiarName(reference)}`;
  const why = `${what}, repository does not exist or may require 'docker login': ${said}`;
  const server = reference.domain === HUB ? "" : ` ${reference.domain}`;
  return new Failure("REGISTRY_DENIED", { why }, { hint: `log in with: slipway login${server}` });
}
