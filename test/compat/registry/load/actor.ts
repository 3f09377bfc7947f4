import { MEDIA_TYPES } from "../../../../image/media-types.ts";
import type { Entry } from "./ledger.ts";
import { pullTag } from "./pull-tag.ts";
import { type Blob, digestOf, expect, type Parts, pushBlob, Refused } from "./push-blob.ts";
import { Random } from "./random.ts";

export const REPOSITORIES = ["base", "team/app", "team/web", "team/deep/er/db"] as const;
/** A client deletes rather than have more. */
const MOST_TAGS = 12;
const SHARED_LAYERS = 24;

interface Manifest {
  readonly digest: string;
  readonly mediaType: string;
  readonly content: Buffer;
}

/** One client, doing one random thing after the other with tags of its own, and pulling everybody's. */
export class Actor {
  readonly #id: number;
  readonly #parts: Parts;
  #count = 0;

  constructor(id: number, parts: Parts) {
    this.#id = id;
    this.#parts = parts;
  }

  /** Until aborted. Rejects with Gone; what is refused although it should not be goes into the ledger. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#act();
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        this.#parts.ledger.failures.push(error.message);
      }
    }
  }

  async #act(): Promise<void> {
    const { random, ledger } = this.#parts;
    const own = ledger.ownedBy(this.#id);
    const mine = random.pick(own);
    if (mine !== undefined && own.length > MOST_TAGS) return this.#delete(mine);
    const acts: readonly (readonly [number, () => Promise<void>])[] = [
      [40, () => this.#pull()],
      [25, () => this.#pushNew()],
      [8, () => this.#pushIndex()],
      [5, () => this.#move(mine)],
      [6, () => this.#sibling(mine)],
      [6, () => this.#refer(mine)],
      [10, () => this.#delete(mine)],
    ];
    const dice = random.pick(acts.flatMap(([weight, act]) => Array.from({ length: weight }, () => act)));
    await dice?.();
  }

  #newEntry(repository: string = this.#repository()): Entry {
    this.#count += 1;
    return this.#parts.ledger.entry(repository, `c${this.#id}-${this.#count}`, this.#id);
  }

  #repository(): string {
    return this.#parts.random.pick(REPOSITORIES) ?? REPOSITORIES[0];
  }

  async #pull(): Promise<void> {
    const { wire, ledger, random } = this.#parts;
    const entry = random.pick(ledger.settled());
    if (entry !== undefined) await pullTag(wire, ledger, entry);
  }

  async #pushNew(): Promise<void> {
    const entry = this.#newEntry();
    await this.#put(entry, await this.#makeImage(entry.repository));
  }

  async #move(entry: Entry | undefined): Promise<void> {
    if (entry !== undefined) await this.#put(entry, await this.#makeImage(entry.repository));
  }

  async #pushIndex(): Promise<void> {
    const entry = this.#newEntry();
    const { repository } = entry;
    const children = [await this.#makeImage(repository), await this.#makeImage(repository)];
    for (const child of children) await this.#putManifest(repository, child.digest, child);
    const manifests = children.map(({ digest, mediaType, content }, i) => ({
      mediaType,
      digest,
      size: content.byteLength,
      platform: { os: "linux", architecture: i === 0 ? "amd64" : "arm64" },
    }));
    await this.#put(entry, manifestOf({ mediaType: MEDIA_TYPES.index, manifests }));
  }

  /** Another tag for the same manifest. */
  async #sibling(entry: Entry | undefined): Promise<void> {
    if (entry?.digest === undefined) return;
    const { wire } = this.#parts;
    const path = `/v2/${entry.repository}/manifests/${entry.digest}`;
    const { head, headers } = await expect(wire, [200], ["GET", path]);
    const mediaType = String(headers["content-type"]);
    await this.#put(this.#newEntry(entry.repository), { digest: entry.digest, mediaType, content: head });
  }

  async #refer(entry: Entry | undefined): Promise<void> {
    if (entry?.digest === undefined) return;
    const { ledger, random } = this.#parts;
    const { repository, digest } = entry;
    const subject = { mediaType: MEDIA_TYPES.manifest, digest, size: 1 };
    const layer = await this.#pushLayer(repository, random.bytes(random.int(10, 2000)), false);
    const artifact = await this.#makeImage(repository, { subject, layers: [layer] });
    await this.#putManifest(repository, artifact.digest, artifact);
    const key = `${repository}@${digest}`;
    ledger.referrers.set(key, (ledger.referrers.get(key) ?? new Set()).add(artifact.digest));
    ledger.counts.referrers += 1;
  }

  /** By its name, or all names of a digest by that. */
  async #delete(entry: Entry | undefined): Promise<void> {
    if (entry?.digest === undefined) return;
    const { wire, ledger, random } = this.#parts;
    const { repository, tag, digest } = entry;
    const byDigest = random.next() < 0.5;
    const named = byDigest
      ? ledger.ownedBy(this.#id).filter((other) => other.repository === repository && other.digest === digest)
      : [entry];
    for (const each of named) each.pending = { digest: undefined };
    if (byDigest) ledger.referrers.delete(`${repository}@${digest}`);
    await expect(wire, [202], ["DELETE", `/v2/${repository}/manifests/${byDigest ? digest : tag}`]);
    for (const each of named) ledger.settle(each, undefined);
    ledger.counts.deleted += named.length;
  }

  async #put(entry: Entry, manifest: Manifest): Promise<void> {
    entry.pending = { digest: manifest.digest };
    await this.#putManifest(entry.repository, entry.tag, manifest);
    this.#parts.ledger.settle(entry, manifest.digest);
    this.#parts.ledger.counts.pushed += 1;
  }

  async #putManifest(repository: string, reference: string, { mediaType, content }: Manifest): Promise<void> {
    const headers = { "content-type": mediaType };
    const path = `/v2/${repository}/manifests/${reference}`;
    await expect(this.#parts.wire, [201], ["PUT", path, { headers, body: content }]);
  }

  /** One to four layers, some of them everybody's. */
  async #makeImage(
    repository: string,
    more: { readonly subject?: object; readonly layers?: readonly Blob[] } = {},
  ) {
    const { random } = this.#parts;
    const layers = [...(more.layers ?? [])];
    for (let count = layers.length > 0 ? 0 : random.int(1, 5); count > 0; count--) {
      const shared = random.next() < 0.4;
      const content = shared ? sharedLayer(random.int(0, SHARED_LAYERS)) : random.bytes(layerSize(random));
      layers.push(await this.#pushLayer(repository, content, shared));
    }
    const config = Buffer.from(JSON.stringify({ made: `${this.#id} ${random.next()}` }));
    const { digest, size } = await this.#pushLayer(repository, config, false);
    return manifestOf({
      mediaType: MEDIA_TYPES.manifest,
      config: { mediaType: MEDIA_TYPES.config, digest, size },
      layers: layers.map((layer) => ({ mediaType: MEDIA_TYPES.layer, ...layer })),
      ...(more.subject === undefined ? {} : { subject: more.subject }),
    });
  }

  #pushLayer(repository: string, content: Buffer, shared: boolean): Promise<Blob> {
    const from = this.#parts.random.next() < 0.5 ? { from: this.#repository() } : {};
    return pushBlob(this.#parts, repository, content, { shared, ...(shared ? from : {}) });
  }
}

function manifestOf(document: { readonly mediaType: string } & Readonly<Record<string, unknown>>): Manifest {
  const content = Buffer.from(JSON.stringify({ schemaVersion: 2, ...document }));
  return { digest: digestOf(content), mediaType: document.mediaType, content };
}

const sharedLayer = (number: number): Buffer => {
  const random = new Random(`shared ${number}`);
  return random.bytes(random.int(10_000, 500_000));
};

/** Mostly small, some of megabytes. */
function layerSize(random: Random): number {
  const dice = random.next();
  if (dice < 0.7) return random.int(100, 64 << 10);
  return dice < 0.97 ? random.int(64 << 10, 1 << 20) : random.int(1 << 20, 8 << 20);
}
