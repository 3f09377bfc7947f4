import type { Digest } from "../core/digest.ts";
import { familiarReference, parseReference, withDefaultTag } from "../core/reference.ts";
import type { Abortable, ByteStream } from "../core/streams.ts";
import type { Kernel } from "../native/kernel.ts";
import type { RegistryClient } from "../registry/client/registry-client.ts";
import type { EventSink } from "../runtime/events.ts";
import { loadImages } from "../store/archives/load-images.ts";
import { saveImages, saveList } from "../store/archives/save-images.ts";
import type { ImageRecord, ListMember, Store } from "../store/types.ts";
import type { ImageHistory, ImageRemoval, ImageService } from "./api.ts";
import { imageDocument } from "./documents/image.ts";
import { imageManifests, imageSummary, sharedBytes } from "./documents/image-summary.ts";
import { compilePruneFilters } from "./filters.ts";
import { attestationsOf } from "./images/attestations.ts";
import { filterImages, type ImageFilter } from "./images/filter.ts";
import { imageHistory } from "./images/history.ts";
import { type ImportOptions, importImage } from "./images/import.ts";
import { pullImages } from "./images/pull.ts";
import { pushImages } from "./images/push.ts";
import { type ImageUsers, removeAll, removeImage } from "./images/remove.ts";
import { imageRoot } from "./images/rootfs.ts";
import type { Jobs } from "./jobs.ts";

type Report = Parameters<ImageService["pull"]>[1];
type PullOptions = NonNullable<Parameters<ImageService["pull"]>[2]>;
type SummaryOptions = NonNullable<Parameters<ImageService["summaries"]>[0]>;
type PruneOptions = NonNullable<Parameters<ImageService["prune"]>[0]>;
type LoadOptions = NonNullable<Parameters<ImageService["load"]>[1]>;
type PushOptions = NonNullable<Parameters<ImageService["push"]>[2]>;

export interface ImageServiceParts {
  readonly store: Store;
  readonly kernel: Kernel;
  readonly jobs: Jobs;
  /** The containers made from an image. */
  readonly users: () => Promise<ImageUsers>;
  /** Made for the first exchange with a registry. */
  readonly registries: () => Promise<RegistryClient>;
  readonly record: EventSink;
}

export class Images implements ImageService {
  readonly #store: Store;
  readonly #kernel: Kernel;
  readonly #jobs: Jobs;
  readonly #users: () => Promise<ImageUsers>;
  readonly #registries: () => Promise<RegistryClient>;
  readonly #record: EventSink;

  constructor({ store, kernel, jobs, users, registries, record }: ImageServiceParts) {
    this.#store = store;
    this.#kernel = kernel;
    this.#jobs = jobs;
    this.#users = users;
    this.#registries = registries;
    this.#record = record;
  }

  list(filter: ImageFilter = {}) {
    return filterImages(this.#store.images, filter);
  }

  async get(image: string) {
    const record = this.#store.images.get(image);
    return { record, config: await this.#store.images.config(record.id) };
  }

  async summaries({ filters = {}, shared = false, manifests = false }: SummaryOptions = {}) {
    const { images, layers } = this.#store;
    const users = await this.#users();
    const sharedOf = shared
      ? sharedBytes(images.list(), (layer) => layers.stat(layer)?.size ?? 0)
      : () => undefined;
    const found = (await this.list({ filters })).map(async (record) => {
      const details = {
        containers: users(record).map(({ id }) => id),
        manifests,
        ...given(sharedOf(record)),
      };
      return imageSummary(record, await images.config(record.id), details);
    });
    return Promise.all(found);
  }

  async inspect(image: string, { manifests = false }: { readonly manifests?: boolean } = {}) {
    const { record, config } = await this.get(image);
    const document = imageDocument(record, config, this.#store.snapshots.name);
    if (!manifests) return document;
    const containers = (await this.#users())(record).map(({ id }) => id);
    return { ...document, ...imageManifests(record, config, containers) };
  }

  async history(image: string): Promise<readonly ImageHistory[]> {
    const { record, config } = await this.get(image);
    return imageHistory(record, config, (layer) => this.#store.layers.stat(layer)?.size ?? 0);
  }

  async attestations(image: string) {
    return attestationsOf(this.#store, image);
  }

  async tag(image: string, reference: string): Promise<void> {
    const { images } = this.#store;
    const { id } = images.get(image);
    const members = images.members(image);
    if (members === undefined) images.tag(id, reference);
    else images.tagList(id, members, reference);
    this.#note("tag", id, familiarReference(withDefaultTag(parseReference(reference))));
  }

  async remove(image: string, options: { readonly force?: boolean } = {}): Promise<readonly ImageRemoval[]> {
    const { images } = this.#store;
    const { id } = images.get(image);
    const removals = removeImage({ images, users: await this.#users() }, image, options.force === true);
    this.#noteRemovals(id, removals);
    if (removals.some((removal) => "deleted" in removal)) await this.#store.collect();
    return removals;
  }

  prune({ all = false, filters = {} }: PruneOptions = {}) {
    const fits = compilePruneFilters(filters);
    return this.#jobs.record("prune", { what: "images", all, filters }, async () => {
      const { images } = this.#store;
      const users = await this.#users();
      const unused: ImageRecord[] = [];
      for (const image of images.list()) {
        const names = image.tags.length + image.digests.length + image.lists.length;
        if ((!all && names > 0) || users(image).length > 0) continue;
        const labels = (await images.config(image.id)).config?.Labels;
        if (fits({ createdAt: image.createdAt, labels })) unused.push(image);
      }
      const removed = unused.flatMap((image) => {
        const removals = removeAll(images, image);
        this.#noteRemovals(image.id, removals);
        return removals;
      });
      const { bytes } = await this.#store.collect();
      this.#record({ type: "image", action: "prune", id: "", attributes: { reclaimed: String(bytes) } });
      return { removed, bytes };
    });
  }

  pull(reference: string, report: Report, options: PullOptions = {}) {
    const { platform, allTags } = options;
    return this.#jobs.record("pull", { reference, platform, allTags }, async () =>
      this.#noteAll("pull", await pullImages(await this.#registries(), reference, { ...options, report })),
    );
  }

  push(reference: string, report: Report, options: PushOptions = {}) {
    const { allTags, compression } = options;
    return this.#jobs.record("push", { reference, allTags, compression }, async () => {
      const { images, content } = this.#store;
      const pushed = await pushImages(images, await this.#registries(), reference, { ...options, report });
      this.#noteAll("push", pushed);
      return pushed.map((one) => ({ ...one, size: content.stat(one.digest)?.size ?? 0 }));
    });
  }

  import(source: ByteStream, options: ImportOptions): Promise<Digest> {
    const { reference, message, changes } = options;
    return this.#jobs.record("import", { reference, message, changes }, async () => {
      const id = await importImage(this.#store, source, options);
      this.#note("import", id, reference ?? id);
      return id;
    });
  }

  rootfs(image: string, options: Abortable = {}): ByteStream {
    return imageRoot({ store: this.#store, kernel: this.#kernel }, this.#store.images.get(image), options);
  }

  save(images: readonly string[], options: Abortable = {}): ByteStream {
    for (const { id } of images.map((image) => this.#store.images.get(image))) this.#note("save", id, id);
    return saveImages(this.#store, images, options);
  }

  saveList(members: readonly ListMember[], tags: readonly string[], options: Abortable = {}): ByteStream {
    for (const { image } of members) this.#note("save", image, image);
    return saveList(this.#store, { members, tags }, options);
  }

  load(source: ByteStream, options: LoadOptions = {}) {
    return this.#jobs.record("load", {}, async () => {
      const loaded = await loadImages(this.#store, source, options);
      for (const { id, reference = id } of loaded) this.#note("load", id, reference);
      return loaded;
    });
  }

  #note(action: string, id: string, name: string): void {
    this.#record({ type: "image", action, id, attributes: { name } });
  }

  /** An exchange with a registry names what it moved. */
  #noteAll<T extends { readonly reference: string }>(action: string, moved: readonly T[]): readonly T[] {
    for (const { reference } of moved) {
      const name = familiarReference(parseReference(reference));
      this.#note(action, name, name);
    }
    return moved;
  }

  #noteRemovals(id: Digest, removals: readonly ImageRemoval[]): void {
    for (const removal of removals) this.#note("untagged" in removal ? "untag" : "delete", id, id);
  }
}

const given = (shared: number | undefined): { readonly shared?: number } =>
  shared === undefined ? {} : { shared };
