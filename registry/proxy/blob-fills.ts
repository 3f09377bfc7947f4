import type { Digest } from "../../core/digest.ts";
import { Failure } from "../../core/errors.ts";
import type { RecentMap } from "../server/access/recent-map.ts";
import type { RegistryStorage } from "../storage/registry-storage.ts";
import { BlobFill } from "./blob-fill.ts";
import type { Upstream } from "./upstream.ts";

export interface Wanted {
  /** The repository here. */
  readonly repository: string;
  /** What it is called there. */
  readonly remote: string;
  readonly upstream: Upstream;
}

export interface FillsOptions {
  readonly storage: RegistryStorage;
  /** Sizes of blobs by the manifests that name them. */
  readonly sizes: RecentMap<number>;
  /** How many blobs may be on their way at the same time. */
  readonly limit: number;
}

/** Blobs on their way from upstreams: each is asked for once, however many want it. */
export class BlobFills {
  readonly #options: FillsOptions;
  readonly #running = new Map<string, Promise<BlobFill | "stored" | undefined>>();
  readonly #aborts = new Set<AbortController>();

  constructor(options: FillsOptions) {
    this.#options = options;
  }

  /** "stored": it is in the repository by now. Undefined: the upstream does not have it. Rejects with UPSTREAM_*. */
  open(wanted: Wanted, digest: Digest): Promise<BlobFill | "stored" | undefined> {
    const key = `${wanted.repository}@${digest}`;
    const known = this.#running.get(key);
    if (known !== undefined) return known;
    const { limit } = this.#options;
    if (this.#running.size >= limit) throw new Failure("UPSTREAM_BUSY", { limit });
    const started = this.#start(wanted, digest);
    this.#running.set(key, started);
    void ended(started).then(() => this.#running.delete(key));
    return started;
  }

  async #start(wanted: Wanted, digest: Digest): Promise<BlobFill | "stored" | undefined> {
    const { storage, sizes } = this.#options;
    const { repository, remote, upstream } = wanted;
    if (await this.#link(wanted, digest)) return "stored";
    const abort = new AbortController();
    this.#aborts.add(abort);
    try {
      const found = await upstream.blob(remote, digest, { signal: abort.signal });
      if (found === undefined) {
        this.#aborts.delete(abort);
        return undefined;
      }
      const expected = sizes.get(digest);
      if (expected !== undefined && found.size !== undefined && found.size !== expected) {
        abort.abort();
        const why = `${digest} has ${found.size} bytes, its manifest says ${expected}`;
        throw new Failure("UPSTREAM_INVALID", { upstream: upstream.name, why });
      }
      const size = expected ?? found.size;
      const source = { repository, digest, size, body: found.body, upstream: upstream.name, abort };
      const fill = await BlobFill.begin(storage, source);
      void fill.ended.then(() => this.#aborts.delete(abort));
      return fill;
    } catch (error) {
      this.#aborts.delete(abort);
      throw error;
    }
  }

  /** What another repository brought already is not fetched again, if the upstream has it in this one too. */
  async #link({ repository, remote, upstream }: Wanted, digest: Digest): Promise<boolean> {
    const { blobs, metadata } = this.#options.storage;
    if ((await blobs.stat(digest)) === undefined) return false;
    if ((await upstream.headBlob(remote, digest, {})) === undefined) return false;
    await using _hold = await metadata.hold([digest]);
    const blob = await blobs.stat(digest);
    if (blob === undefined) return false;
    await metadata.linkBlob(repository, blob);
    return true;
  }

  /** Breaks off what is on its way. */
  async stop(): Promise<void> {
    for (const abort of this.#aborts) abort.abort(new Error("the registry stops"));
    await Promise.all([...this.#running.values()].map(ended));
  }
}

/** Resolves when nothing of it runs any more. */
async function ended(started: Promise<BlobFill | "stored" | undefined>): Promise<void> {
  const fill = await started.catch(() => undefined);
  if (fill instanceof BlobFill) await fill.ended;
}
