import { type Digest, isDigest } from "../../core/digest.ts";
import { Failure, isCode } from "../../core/errors.ts";
import { parseManifest } from "../../image/manifest.ts";
import { RecentMap } from "../server/access/recent-map.ts";
import { readManifest } from "../server/manifest-document.ts";
import type { ManifestRecord } from "../storage/registry-metadata.ts";
import type { RegistryStorage } from "../storage/registry-storage.ts";
import type { Wanted } from "./blob-fills.ts";
import type { UpstreamManifest } from "./upstream.ts";
import { upstreamFailure } from "./upstream-failure.ts";

export interface ManifestCacheOptions {
  readonly storage: RegistryStorage;
  readonly sizes: RecentMap<number>;
  /** How long a tag is taken for what it was, in milliseconds. */
  readonly ttlMs: number;
  /** Aborts what is asked. */
  readonly signal: AbortSignal;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** What is known of a copy: `stale` says why it could not be looked after. */
export interface Freshness {
  readonly stale?: string;
}

/** An upstream that failed is left alone for so long. */
const REST_MS = 5_000;
const TAGS = 10_000;

/** Sees to it that a manifest somebody asks for is in the storage, and that a tag names what it names upstream. */
export class ManifestCache {
  readonly #options: ManifestCacheOptions;
  readonly #checked: RecentMap<Freshness>;
  readonly #failed: RecentMap<Freshness>;
  readonly #running = new Map<string, Promise<Freshness>>();

  constructor(options: ManifestCacheOptions) {
    const { now, ttlMs } = options;
    this.#options = options;
    this.#checked = new RecentMap({ capacity: TAGS, lifetimeMs: ttlMs, now });
    this.#failed = new RecentMap({ capacity: TAGS, lifetimeMs: Math.min(REST_MS, ttlMs), now });
  }

  /** `reference`: a tag or a digest. Rejects with MANIFEST_UNKNOWN and UPSTREAM_*; a copy is better than UPSTREAM_UNAVAILABLE. */
  async refresh(wanted: Wanted, reference: string): Promise<Freshness> {
    const key = `${wanted.repository}:${reference}`;
    const record = await this.#find(wanted, reference);
    if (record !== undefined) {
      await this.#options.storage.metadata.useManifest(wanted.repository, record.digest);
      const known = isDigest(reference) ? {} : (this.#checked.get(key) ?? this.#failed.get(key));
      if (known !== undefined) return known;
    }
    const running = this.#running.get(key);
    if (running !== undefined) return running;
    const asked = this.#ask(wanted, reference, record).finally(() => this.#running.delete(key));
    this.#running.set(key, asked);
    return asked;
  }

  #find({ repository }: Wanted, reference: string): Promise<ManifestRecord | undefined> {
    const { metadata } = this.#options.storage;
    return isDigest(reference)
      ? metadata.manifest(repository, reference)
      : metadata.manifestByTag(repository, reference);
  }

  async #ask(wanted: Wanted, reference: string, record: ManifestRecord | undefined): Promise<Freshness> {
    const key = `${wanted.repository}:${reference}`;
    try {
      if (record === undefined || !(await this.#isCurrent(wanted, reference, record)))
        await this.#fetch(wanted, reference);
      this.#checked.set(key, {});
      return {};
    } catch (error) {
      if (isCode(error, "MANIFEST_UNKNOWN") && record !== undefined)
        await this.#options.storage.metadata.deleteTag(wanted.repository, reference);
      if (record === undefined || !isCode(error, "UPSTREAM_UNAVAILABLE")) throw error;
      const freshness = { stale: error.message };
      this.#failed.set(key, freshness);
      return freshness;
    }
  }

  async #isCurrent({ upstream, remote, repository }: Wanted, tag: string, { digest }: ManifestRecord) {
    const { signal } = this.#options;
    try {
      const head = await upstream.head(remote, tag, { signal });
      if (head === undefined) throw new Failure("MANIFEST_UNKNOWN", { repository, reference: tag });
      return head.digest === digest;
    } catch (error) {
      // A GET may be answered where a HEAD is not.
      if (isCode(error, "UPSTREAM_INVALID")) return false;
      throw error;
    }
  }

  async #fetch({ upstream, remote, repository }: Wanted, reference: string): Promise<void> {
    const { signal } = this.#options;
    const manifest = await upstream.manifest(remote, reference, { signal });
    if (manifest === undefined) throw new Failure("MANIFEST_UNKNOWN", { repository, reference });
    try {
      await this.#store(manifest, { repository, upstream: upstream.name, reference });
    } catch (error) {
      throw upstreamFailure(upstream.name, error);
    }
  }

  async #store(
    { raw, mediaType, digest }: UpstreamManifest,
    { repository, upstream, reference }: Place,
  ): Promise<void> {
    const { blobs, metadata } = this.#options.storage;
    const read = readManifest(raw, mediaType);
    this.#note(raw, mediaType);
    await using _hold = await metadata.hold([digest]);
    await blobs.put(raw, digest.startsWith("sha512:") ? "sha512" : "sha256");
    const tags = isDigest(reference) ? [] : [reference];
    const size = raw.byteLength;
    await metadata.putManifest(repository, { ...read, digest, size, tags, sparse: true, upstream });
  }

  #note(raw: Buffer, mediaType: string): void {
    const manifest = parseManifest(raw, mediaType);
    if (manifest.kind !== "image") return;
    for (const { digest, size } of [manifest.config, ...manifest.layers])
      this.#options.sizes.set(digest, size);
  }
}

interface Place {
  readonly repository: string;
  readonly upstream: string;
  readonly reference: Digest | string;
}
