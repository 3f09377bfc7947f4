import type { Database } from "better-sqlite3";
import type { Descriptor } from "../../core/descriptor.ts";
import { type Digest, digestOf, isDigest } from "../../core/digest.ts";
import { Failure } from "../../core/errors.ts";
import {
  familiarReference,
  formatReference,
  parseReference,
  repositoryOf,
  withDefaultTag,
} from "../../core/reference.ts";
import { encodeConfig, type ImageConfig, parseConfig } from "../../image/config.ts";
import { encodeManifest, parseManifest } from "../../image/manifest.ts";
import { MEDIA_TYPES } from "../../image/media-types.ts";
import type { FileContentStore } from "../content/file-content-store.ts";
import { durably, query, transact } from "../database.ts";
import type { Paths } from "../paths.ts";
import type { ImageRecord, ImageStore, Leases, ListMember, PublishedImage } from "../types.ts";
import { type ImageRow, toRecord } from "./image-row.ts";
import { type IndexEntry, writeIndex } from "./index-file.ts";
import { ListTable } from "./list-table.ts";

const CONFIGS_KEPT = 64;

export interface ImageTableParts {
  readonly paths: Paths;
  readonly database: Database;
  readonly content: FileContentStore;
  readonly leases: Leases;
}

/** Images and their names as rows; index.json follows every change, written under the same transaction's lock. */
export class ImageTable implements ImageStore {
  readonly #paths: Paths;
  readonly #database: Database;
  readonly #content: FileContentStore;
  readonly #leases: Leases;
  /** Some of those that were read: an id names its content. */
  readonly #configs = new Map<Digest, ImageConfig>();
  readonly #lists: ListTable;

  constructor(parts: ImageTableParts) {
    this.#paths = parts.paths;
    this.#database = parts.database;
    this.#content = parts.content;
    this.#leases = parts.leases;
    this.#lists = new ListTable(parts.database);
  }

  async publish(image: PublishedImage, references: readonly string[] = []): Promise<ImageRecord> {
    const names = references.map(tagReference);
    const rawConfig = image.rawConfig ?? encodeConfig(image.config);
    const id = digestOf(rawConfig);
    const layers = image.config.rootfs.diff_ids;
    // Until the rows below say so, nothing but this lease keeps the parts from being collected.
    await using lease = this.#leases.open(`publishing ${id}`);
    for (const layer of layers) lease.blob(layer);
    const sizes = layers.map((diffId) => this.#layerSize(diffId));
    const config = {
      mediaType: MEDIA_TYPES.config,
      ...(await this.#content.put(rawConfig, { sync: false })),
    };
    const described = layers.map((digest, i) => ({
      mediaType: MEDIA_TYPES.layer,
      digest,
      size: sizes[i] ?? 0,
    }));
    const annotated = image.annotations === undefined ? {} : { annotations: image.annotations };
    const raw = image.rawManifest ?? encodeManifest({ config, layers: described, ...annotated });
    const manifest: Descriptor = {
      mediaType: parseManifest(raw, image.manifestType).mediaType,
      ...(await this.#content.put(raw, { sync: false })),
    };
    await this.#content.flush();
    const size = sizes.reduce((sum, bytes) => sum + bytes, 0);
    const created = Date.parse(image.config.created ?? "");
    this.#change(() => {
      this.#insert({ id, manifest, layers, size, created: Number.isNaN(created) ? 0 : created });
      for (const name of names) this.#setTag(name, id);
    });
    return this.#record(id);
  }

  #layerSize(diffId: Digest): number {
    const info = this.#content.stat(diffId);
    if (info === undefined) throw new Failure("LAYER_UNKNOWN", { diffId });
    return info.size;
  }

  #insert(row: {
    readonly id: Digest;
    readonly manifest: Descriptor;
    readonly layers: readonly Digest[];
    readonly size: number;
    readonly created: number;
  }): void {
    const { id, manifest, layers, size, created } = row;
    query(
      this.#database,
      `INSERT INTO images (id, manifest_digest, manifest_type, manifest_size, layers, size, created) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET
         manifest_digest = excluded.manifest_digest, manifest_type = excluded.manifest_type, manifest_size = excluded.manifest_size`,
    ).run(id, manifest.digest, manifest.mediaType, manifest.size, JSON.stringify(layers), size, created);
  }

  /** One durable transaction that ends by rewriting index.json. */
  #change<T>(work: () => T): T {
    return durably(this.#database, () => {
      const result = work();
      this.rewriteIndex();
      return result;
    });
  }

  rewriteIndex(): void {
    const entries = query<IndexEntry>(
      this.#database,
      `SELECT manifest_digest AS digest, manifest_type AS type, manifest_size AS size, reference
       FROM images LEFT JOIN tags ON tags.image = images.id ORDER BY reference, digest`,
    ).all();
    writeIndex(this.#paths, entries);
  }

  #setTag(reference: string, id: Digest): void {
    this.#lists.clear(reference);
    query(
      this.#database,
      "INSERT INTO tags (reference, image) VALUES (?, ?) ON CONFLICT (reference) DO UPDATE SET image = excluded.image",
    ).run(reference, id);
  }

  find(text: string): ImageRecord | undefined {
    const id = this.#resolve(text);
    return id === undefined ? undefined : this.#record(id);
  }

  get(text: string): ImageRecord {
    const record = this.find(text);
    if (record === undefined) throw new Failure("IMAGE_UNKNOWN", { reference: displayed(text) });
    return record;
  }

  /** A whole id, else a name, else a prefix of ids: a name wins over a prefix that looks like it. */
  #resolve(text: string): Digest | undefined {
    const whole = /^[0-9a-f]{64}$/.test(text) ? `sha256:${text}` : text;
    if (isDigest(whole)) return this.#row(whole)?.id;
    return this.#byName(text) ?? this.#byPrefix(text);
  }

  #byName(text: string): Digest | undefined {
    const reference = parseReference(text);
    const { digest } = reference;
    return digest === undefined
      ? query<{ image: Digest }>(this.#database, "SELECT image FROM tags WHERE reference = ?").get(
          formatReference(withDefaultTag(reference)),
        )?.image
      : query<{ image: Digest }>(this.#database, "SELECT image FROM image_digests WHERE reference = ?").get(
          `${repositoryOf(reference)}@${digest}`,
        )?.image;
  }

  #byPrefix(text: string): Digest | undefined {
    const hex = text.replace(/^sha256:/, "");
    if (!/^[0-9a-f]{1,63}$/.test(hex)) return undefined;
    // "g" follows the last hex digit.
    const found = query<{ id: Digest }>(
      this.#database,
      "SELECT id FROM images WHERE id >= 'sha256:' || :hex AND id < 'sha256:' || :hex || 'g' LIMIT 2",
    ).all({ hex });
    if (found.length > 1) throw new Failure("IMAGE_AMBIGUOUS", { prefix: hex });
    return found[0]?.id;
  }

  #row(id: Digest): ImageRow | undefined {
    return query<ImageRow>(this.#database, "SELECT * FROM images WHERE id = ?").get(id);
  }

  #record(id: Digest): ImageRecord {
    const row = this.#row(id);
    if (row === undefined) throw new Failure("IMAGE_UNKNOWN", { reference: id });
    const references = (sql: string): readonly string[] =>
      query<{ reference: string }>(this.#database, sql)
        .all(id)
        .map(({ reference }) => reference);
    return toRecord(row, {
      tags: references("SELECT reference FROM tags WHERE image = ?"),
      digests: references("SELECT reference FROM image_digests WHERE image = ?"),
      lists: references("SELECT DISTINCT reference FROM image_lists WHERE image = ?"),
    });
  }

  async rawConfig(id: Digest): Promise<Buffer> {
    if (this.#row(id) === undefined) throw new Failure("IMAGE_UNKNOWN", { reference: id });
    return this.#content.readDocument(id);
  }

  async config(id: Digest): Promise<ImageConfig> {
    const known = this.#configs.get(id);
    if (known !== undefined && this.#row(id) !== undefined) return known;
    const config = parseConfig(await this.rawConfig(id));
    if (this.#configs.size >= CONFIGS_KEPT) this.#configs.clear();
    this.#configs.set(id, config);
    return config;
  }

  list(): readonly ImageRecord[] {
    const group = (sql: string): ReadonlyMap<string, readonly string[]> => {
      const grouped = new Map<string, string[]>();
      for (const { image, reference } of query<{ image: string; reference: string }>(
        this.#database,
        sql,
      ).all())
        grouped.set(image, [...(grouped.get(image) ?? []), reference]);
      return grouped;
    };
    const tags = group("SELECT image, reference FROM tags");
    const digests = group("SELECT image, reference FROM image_digests");
    const lists = group("SELECT DISTINCT image, reference FROM image_lists");
    const of = ({ id }: ImageRow, names: ReadonlyMap<string, readonly string[]>) => names.get(id) ?? [];
    return query<ImageRow>(this.#database, "SELECT * FROM images ORDER BY created DESC, id")
      .all()
      .map((row) => toRecord(row, { tags: of(row, tags), digests: of(row, digests), lists: of(row, lists) }));
  }

  tag(id: Digest, reference: string): void {
    const name = tagReference(reference);
    this.#change(() => {
      if (this.#row(id) === undefined) throw new Failure("IMAGE_UNKNOWN", { reference: id });
      this.#setTag(name, id);
    });
  }

  tagList(id: Digest, members: readonly ListMember[], reference: string): void {
    const name = tagReference(reference);
    this.#change(() => {
      for (const image of [id, ...members.map((member) => member.image)])
        if (this.#row(image) === undefined) throw new Failure("IMAGE_UNKNOWN", { reference: image });
      this.#setTag(name, id);
      this.#lists.set(name, members);
    });
  }

  members(reference: string): readonly ListMember[] | undefined {
    if (isDigest(reference) || /^[0-9a-f]{64}$/.test(reference)) return undefined;
    return this.#lists.get(formatReference(withDefaultTag(parseReference(reference))));
  }

  untag(reference: string): boolean {
    const name = tagReference(reference);
    return this.#change(
      () => query(this.#database, "DELETE FROM tags WHERE reference = ?").run(name).changes > 0,
    );
  }

  addDigest(id: Digest, reference: string): void {
    const parsed = parseReference(reference);
    const { digest } = parsed;
    if (digest === undefined)
      throw new Failure("REFERENCE_INVALID", {
        text: reference,
        why: `expected repository@digest, got ${JSON.stringify(reference)}`,
      });
    // Not durably: the registry has the image whether or not this is still known after a power loss.
    transact(this.#database, () => {
      if (this.#row(id) === undefined) throw new Failure("IMAGE_UNKNOWN", { reference: id });
      query(
        this.#database,
        `INSERT INTO image_digests (reference, image, manifest) VALUES (?, ?, ?)
         ON CONFLICT (reference) DO UPDATE SET image = excluded.image`,
      ).run(`${repositoryOf(parsed)}@${digest}`, id, digest);
    });
  }

  remove(id: Digest): void {
    this.#change(() => {
      this.#lists.clearWith(id);
      query(this.#database, "DELETE FROM images WHERE id = ?").run(id);
    });
  }
}

/** The row key of a tag. Throws REFERENCE_INVALID for what cannot be one. */
function tagReference(text: string): string {
  const reference = withDefaultTag(parseReference(text));
  if (reference.digest !== undefined)
    throw new Failure("REFERENCE_INVALID", { text, why: "refusing to create a tag with a digest reference" });
  return formatReference(reference);
}

/** How Docker names what it did not find: with the tag it looked for. */
function displayed(text: string): string {
  const isId = isDigest(text) || /^[0-9a-f]{64}$/.test(text);
  return isId ? text : familiarReference(withDefaultTag(parseReference(text)));
}
