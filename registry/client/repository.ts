import type { Descriptor } from "../../core/descriptor.ts";
import { algorithmOf, type Digest, digestOf, isDigest } from "../../core/digest.ts";
import { Failure } from "../../core/errors.ts";
import { type Abortable, type ByteStream, readAll } from "../../core/streams.ts";
import { MEDIA_TYPES } from "../../image/media-types.ts";
import { repositoryScope, type Scope } from "../shared/scope.ts";
import { STORE_PROOF_HEADER } from "../shared/store-proof.ts";
import { expectStatus, readJson, refusal } from "./answers.ts";
import {
  type Body,
  bytesBody,
  type HttpRequest,
  type HttpResponse,
  type Send,
  shownUrl,
} from "./http/message.ts";
import { hostOf, isLoopback } from "./http/proxies.ts";
import { nextPage } from "./next-page.ts";
import type { SharedStore } from "./own-store.ts";
import { resumed } from "./transfer/resume.ts";

export interface RepositoryOptions {
  readonly base: URL;
  /** "library/debian" */
  readonly path: string;
  readonly actions: readonly string[];
  /** The client's own store, when the registry is on it. */
  readonly shared?: SharedStore | undefined;
}
export interface RawManifest {
  readonly raw: Buffer;
  /** What the registry called it. */
  readonly mediaType: string;
  readonly digest: Digest;
}

export interface ManifestHead {
  /** Undefined when the registry does not say. */
  readonly digest?: Digest;
}
export interface BlobHead {
  /** In bytes; undefined when the registry does not say. */
  readonly size?: number;
}

const MANIFEST_TYPES = [
  MEDIA_TYPES.manifest,
  MEDIA_TYPES.index,
  MEDIA_TYPES.dockerManifest,
  MEDIA_TYPES.dockerIndex,
];
/** distribution-spec, "Pushing Manifests": what every registry accepts, and no more than parseManifest() reads. */
const MANIFEST_LIMIT = 4 << 20;
/** Bytes of a page. */
const LIST_LIMIT = 8 << 20;
const LIST_PAGES = 1000;
const SCHEMA1 = /^application\/vnd\.docker\.distribution\.manifest\.v1\+/;

/**
 * One repository of one registry: the requests of https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md that a client makes.
 * All reject with REGISTRY_UNAUTHORIZED, REGISTRY_DENIED or REGISTRY_REFUSED for an answer they do not expect.
 */
export class Repository {
  readonly #send: Send;
  readonly #root: URL;
  readonly #scopes: readonly Scope[];
  readonly #shared: SharedStore | undefined;
  /** "library/debian" */
  readonly path: string;
  /** True when the registry is on this machine. */
  readonly isLocal: boolean;

  constructor(send: Send, options: RepositoryOptions) {
    this.#send = send;
    this.path = options.path;
    this.isLocal = isLoopback(hostOf(options.base));
    this.#root = new URL(`v2/${options.path}/`, options.base);
    this.#scopes = [repositoryScope(options.path, ...options.actions)];
    this.#shared = options.shared;
  }

  /** True when the registry serves the very store that has the blob, which need not be sent then: putManifest() is enough. */
  shares(digest: Digest): boolean {
    return this.#shared?.has(digest) === true;
  }

  #request(method: HttpRequest["method"], url: string | URL, options: Abortable = {}): HttpRequest {
    return {
      method,
      url: new URL(url, this.#root),
      headers: {},
      scopes: this.#scopes,
      signal: options.signal,
    };
  }

  // ── manifests ─────────────────────────────────────────────────────────────────────────────────────
  /** `reference`: a tag or a digest. Undefined when there is none. A digest is verified. Rejects with MANIFEST_SCHEMA1. */
  async manifest(reference: string, options: Abortable = {}): Promise<RawManifest | undefined> {
    const request = this.#request("GET", `manifests/${reference}`, options);
    const response = await this.#send({ ...request, headers: { accept: MANIFEST_TYPES.join(", ") } });
    if (response.status === 404) return nothing(response);
    await expectStatus(response, 200);
    const mediaType = (response.header("content-type") ?? "").split(";", 1)[0]?.trim() ?? "";
    if (SCHEMA1.test(mediaType)) {
      await response.discard();
      throw new Failure("MANIFEST_SCHEMA1", { reference: `${this.path}:${reference}` });
    }
    const raw = await readAll(response.body, MANIFEST_LIMIT).catch((error: unknown) => {
      if (!(error instanceof RangeError)) throw error;
      throw invalid(response, `a manifest of ${error.message}`, error);
    });
    const told = response.header("docker-content-digest") ?? "";
    const want = isDigest(reference) ? reference : isDigest(told) ? told : undefined;
    const digest = digestOf(raw, want === undefined ? "sha256" : algorithmOf(want));
    if (want !== undefined && want !== digest) throw new Failure("DIGEST_MISMATCH", { want, got: digest });
    return { raw, mediaType, digest };
  }

  /** What a tag names, without its bytes; asked once, as what can be told otherwise need not wait. Undefined when there is none. */
  async headManifest(tag: string, options: Abortable = {}): Promise<ManifestHead | undefined> {
    const request = { ...this.#request("HEAD", `manifests/${tag}`, options), once: true };
    const response = await this.#send({ ...request, headers: { accept: MANIFEST_TYPES.join(", ") } });
    await response.discard();
    if (response.status === 404) return undefined;
    if (response.status !== 200) throw await refusal(response);
    const digest = response.header("docker-content-digest") ?? "";
    return isDigest(digest) ? { digest } : {};
  }

  /**
   * Stores a manifest under a tag or its digest. `linked`: whether the registry says that it lists the manifest among the referrers of its subject.
   */
  async putManifest(
    reference: string,
    manifest: RawManifest,
    options: Abortable = {},
  ): Promise<{ readonly linked: boolean }> {
    const proof =
      this.#shared === undefined ? {} : { [STORE_PROOF_HEADER]: this.#shared.prove(manifest.digest) };
    const response = await this.#send({
      ...this.#request("PUT", `manifests/${reference}`, options),
      headers: { "content-type": manifest.mediaType, ...proof },
      body: bytesBody(manifest.raw),
      brief: true,
    });
    await expectStatus(response, 201, 200, 202);
    const stored = response.header("docker-content-digest");
    await response.discard();
    if (stored !== undefined && isDigest(stored) && stored !== manifest.digest)
      throw new Failure("DIGEST_MISMATCH", { want: manifest.digest, got: stored });
    return { linked: response.header("oci-subject") !== undefined };
  }

  /** All tags, as the registry orders them; undefined when there is no such repository. */
  async tags(options: Abortable = {}): Promise<readonly string[] | undefined> {
    const tags = await this.#listed("tags/list", "tags", options);
    return tags?.filter((tag) => typeof tag === "string");
  }

  /** Descriptors of what refers to a manifest, as they came; undefined when the registry cannot tell. */
  async referrers(digest: Digest, options: Abortable = {}): Promise<readonly unknown[] | undefined> {
    return this.#listed(`referrers/${digest}`, "manifests", options);
  }

  /** What all pages of a list have in `field`. Undefined for 404. */
  async #listed(path: string, field: string, options: Abortable): Promise<readonly unknown[] | undefined> {
    const found: unknown[] = [];
    let next: URL | undefined = new URL(path, this.#root);
    for (let page = 0; next !== undefined && page < LIST_PAGES; page += 1) {
      const response: HttpResponse = await this.#send(this.#request("GET", next, options));
      if (response.status === 404) return nothing(response);
      await expectStatus(response, 200);
      const link = response.header("link");
      const { [field]: items } = await readJson(response, LIST_LIMIT);
      if (Array.isArray(items)) found.push(...(items as readonly unknown[]));
      next = nextPage(link, response.url);
    }
    return found;
  }

  // ── blobs ─────────────────────────────────────────────────────────────────────────────────────────
  async hasBlob(digest: Digest, options: Abortable = {}): Promise<boolean> {
    return (await this.headBlob(digest, options)) !== undefined;
  }

  /** The bytes of a blob, resumed where the connection breaks. They are not verified here. Rejects with BLOB_UNKNOWN at the first read. */
  blob(blob: Descriptor, options: Abortable = {}): ByteStream {
    const request = this.#request("GET", `blobs/${blob.digest}`, options);
    return resumed(this.#send, request, blob);
  }

  /** The size of a blob; undefined when the repository does not have it. */
  async headBlob(digest: Digest, options: Abortable = {}): Promise<BlobHead | undefined> {
    const response = await this.#send(this.#request("HEAD", `blobs/${digest}`, options));
    await response.discard();
    if (response.status === 404) return undefined;
    if (response.status !== 200) throw await refusal(response);
    return sizeOf(response);
  }

  /**
   * blob(), of which nothing is known but its digest. Undefined when the repository does not have it. Without a size it cannot be resumed, and ends
   * where the registry says.
   */
  async openBlob(
    digest: Digest,
    options: Abortable = {},
  ): Promise<(BlobHead & { readonly body: ByteStream }) | undefined> {
    const request = this.#request("GET", `blobs/${digest}`, options);
    const response = await this.#send(request);
    if (response.status === 404) return nothing(response);
    await expectStatus(response, 200);
    const { size } = sizeOf(response);
    if (size === undefined) return { body: response.body };
    return { size, body: resumed(this.#send, request, { digest, size }, response.body) };
  }

  /**
   * Begins an upload. With `mount`, the registry may take the blob from another repository instead: then "mounted".
   * The other repository must be of the same registry.
   */
  async beginUpload(
    mount?: { readonly digest: Digest; readonly from?: string },
    options: Abortable = {},
  ): Promise<URL | "mounted"> {
    const request = this.#request("POST", "blobs/uploads/", options);
    if (mount !== undefined) request.url.searchParams.set("mount", mount.digest);
    if (mount?.from !== undefined) request.url.searchParams.set("from", mount.from);
    const from = mount?.from === undefined ? [] : [repositoryScope(mount.from, "pull")];
    const response = await this.#send({
      ...request,
      scopes: [...this.#scopes, ...from],
      body: bytesBody(Buffer.alloc(0)),
    });
    if (mount !== undefined && response.status === 201) {
      await response.discard();
      return "mounted";
    }
    return uploadOf(response);
  }

  /** Sends the next bytes of an upload, without an end that is known before. Resolves with where it goes on. */
  async append(location: URL, open: Body["open"], options: Abortable = {}): Promise<URL> {
    const response = await this.#send({
      ...this.#request("PATCH", location, options),
      headers: { "content-type": "application/octet-stream" },
      body: { size: undefined, open },
      once: true,
    });
    return uploadOf(response);
  }

  /** Ends an upload with all its bytes, or those that are left. The registry checks them against `digest`. */
  async upload(
    location: URL,
    { digest, body }: { readonly digest: Digest; readonly body: Body },
    options: Abortable = {},
  ): Promise<void> {
    const url = new URL(location);
    url.searchParams.set("digest", digest);
    const response = await this.#send({
      ...this.#request("PUT", url, options),
      headers: { "content-type": "application/octet-stream" },
      body,
      once: true,
    });
    await expectStatus(response, 201, 204, 202);
    const stored = response.header("docker-content-digest");
    await response.discard();
    if (stored !== undefined && stored !== digest)
      throw new Failure("DIGEST_MISMATCH", { want: digest, got: stored });
  }
}

function sizeOf(response: HttpResponse): BlobHead {
  const length = response.header("content-length") ?? "";
  return /^\d{1,15}$/.test(length) ? { size: Number(length) } : {};
}

async function nothing(response: HttpResponse): Promise<undefined> {
  await response.discard();
  return undefined;
}

/** Where an upload that was accepted goes on. */
async function uploadOf(response: HttpResponse): Promise<URL> {
  await expectStatus(response, 202);
  const location = response.header("location");
  await response.discard();
  if (location === undefined || !URL.canParse(location, response.url.href))
    throw invalid(response, "an upload without a location");
  return new URL(location, response.url);
}

const invalid = (response: HttpResponse, why: string, cause?: unknown): Failure =>
  new Failure("REGISTRY_ANSWER_INVALID", { url: shownUrl(response.url), why }, { cause });
