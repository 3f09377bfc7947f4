import type { Digest } from "../core/digest.ts";
import { familiarReference, parseReference, withDefaultTag } from "../core/reference.ts";
import type { Abortable, ByteStream } from "../core/streams.ts";
import type { RegistryClient } from "../registry/client/registry-client.ts";
import type { EventSink } from "../runtime/events.ts";
import { loadImages } from "../store/archives/load-images.ts";
import { saveImages } from "../store/archives/save-images.ts";
import type { Store } from "../store/types.ts";
import type { ImageHistory, ImageRemoval, ImageService } from "./api.ts";
import { imageDocument } from "./documents/image.ts";
import { filterImages, type ImageFilter } from "./images/filter.ts";
import { imageHistory } from "./images/history.ts";
import { type ImportOptions, importImage } from "./images/import.ts";
import { pullImages } from "./images/pull.ts";
import { pushImages } from "./images/push.ts";
import { type ImageUsers, removeAll, removeImage } from "./images/remove.ts";
import type { Jobs } from "./jobs.ts";

type Report = Parameters<ImageService["pull"]>[1];
type PullOptions = NonNullable<Parameters<ImageService["pull"]>[2]>;
type PushOptions = NonNullable<Parameters<ImageService["push"]>[2]>;

export interface ImageServiceParts {
  readonly store: Store;
  readonly jobs: Jobs;
  /** The containers made from an image. */
  readonly users: () => Promise<ImageUsers>;
  /** Made for the first exchange with a registry. */
  readonly registries: () => Promise<RegistryClient>;
  readonly record: EventSink;
}

export class Images implements ImageService {
  readonly #store: Store;
  readonly #jobs: Jobs;
  readonly #users: () => Promise<ImageUsers>;
  readonly #registries: () => Promise<RegistryClient>;
  readonly #record: EventSink;

  constructor({ store, jobs, users, registries, record }: ImageServiceParts) {
    this.#store = store;
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

  async inspect(image: string) {
    const { record, config } = await this.get(image);
    return imageDocument(record, config, this.#store.snapshots.name);
  }

  async history(image: string): Promise<readonly ImageHistory[]> {
    const { record, config } = await this.get(image);
    return imageHistory(record, config, (layer) => this.#store.layers.stat(layer)?.size ?? 0);
  }

  async tag(image: string, reference: string): Promise<void> {
    const { images } = this.#store;
    const { id } = images.get(image);
    images.tag(id, reference);
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

  prune({ all = false }: { readonly all?: boolean } = {}) {
    return this.#jobs.record("prune", { what: "images", all }, async () => {
      const { images } = this.#store;
      const users = await this.#users();
      const unused = images
        .list()
        .filter(
          (image) => (all || image.tags.length + image.digests.length === 0) && users(image).length === 0,
        );
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
    return this.#jobs.record("push", { reference, allTags, compression }, async () =>
      this.#noteAll(
        "push",
        await pushImages(this.#store.images, await this.#registries(), reference, { ...options, report }),
      ),
    );
  }

  import(source: ByteStream, options: ImportOptions): Promise<Digest> {
    const { reference, message, changes } = options;
    return this.#jobs.record("import", { reference, message, changes }, async () => {
      const id = await importImage(this.#store, source, options);
      this.#note("import", id, reference ?? id);
      return id;
    });
  }

  save(images: readonly string[], options: Abortable = {}): ByteStream {
    const all = images.map((image) => ({ id: this.#store.images.get(image).id, name: image }));
    for (const { id, name } of all) this.#note("save", id, name);
    return saveImages(this.#store, images, options);
  }

  load(source: ByteStream, options: Abortable = {}) {
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
