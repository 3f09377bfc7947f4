import type { Digest } from "../../core/digest.ts";
import { Failure } from "../../core/errors.ts";
import type { Abortable, ByteStream } from "../../core/streams.ts";
import type { Registries } from "../client/registries.ts";
import type { Repository } from "../client/repository.ts";
import type { Upstream, UpstreamBlob, UpstreamManifest } from "./upstream.ts";
import { upstreamFailure } from "./upstream-failure.ts";

const HUB_HOST = "registry-1.docker.io";
/** What was asked so that a copy can be served, or not, must be answered by then. */
const HEAD_MS = 15_000;

/** An upstream by the client of registries, which knows about tokens, proxies, certificates and patience. */
export class ClientUpstream implements Upstream {
  readonly #registries: Registries;
  readonly #base: URL;
  readonly name: string;

  constructor(registries: Registries, base: URL) {
    this.#registries = registries;
    this.#base = base;
    this.name = base.href.replace(/\/$/, "");
  }

  async #with<T>(name: string, work: (repository: Repository) => Promise<T>, options: Abortable): Promise<T> {
    // Docker Hub's own images are in a namespace that nobody writes.
    const path = this.#base.host === HUB_HOST && !name.includes("/") ? `library/${name}` : name;
    try {
      return await this.#registries.at({ base: this.#base, path }, work, options);
    } catch (error) {
      throw upstreamFailure(this.name, error);
    }
  }

  head(
    repository: string,
    tag: string,
    { signal }: Abortable,
  ): Promise<{ readonly digest?: Digest } | undefined> {
    const late = AbortSignal.timeout(HEAD_MS);
    const options = { signal: signal === undefined ? late : AbortSignal.any([signal, late]) };
    const asked = this.#with(repository, (upstream) => upstream.headManifest(tag, options), options);
    return asked.catch((error: unknown) => {
      if (!late.aborted || signal?.aborted === true) throw error;
      const why = `no answer within ${HEAD_MS / 1000} seconds`;
      throw new Failure("UPSTREAM_UNAVAILABLE", { upstream: this.name, why }, { cause: error });
    });
  }

  manifest(repository: string, reference: string, options: Abortable): Promise<UpstreamManifest | undefined> {
    return this.#with(repository, (upstream) => upstream.manifest(reference, options), options);
  }

  headBlob(repository: string, digest: Digest, options: Abortable): Promise<UpstreamBlob | undefined> {
    return this.#with(repository, (upstream) => upstream.headBlob(digest, options), options);
  }

  async blob(
    repository: string,
    digest: Digest,
    options: Abortable,
  ): Promise<(UpstreamBlob & { readonly body: ByteStream }) | undefined> {
    const found = await this.#with(repository, (upstream) => upstream.openBlob(digest, options), options);
    return found === undefined ? undefined : { ...found, body: this.#reading(found.body) };
  }

  async *#reading(body: ByteStream): ByteStream {
    try {
      yield* body;
    } catch (error) {
      throw upstreamFailure(this.name, error);
    }
  }

  tags(repository: string, options: Abortable): Promise<readonly string[] | undefined> {
    return this.#with(repository, (upstream) => upstream.tags(options), options);
  }

  referrers(repository: string, digest: Digest, options: Abortable): Promise<readonly unknown[] | undefined> {
    return this.#with(repository, (upstream) => upstream.referrers(digest, options), options);
  }
}
