import type { Document } from "../core/document.ts";
import { formatPlatform } from "../core/platform.ts";
import type { CredentialSource } from "../core/registry-credentials.ts";
import type { Abortable, ByteStream } from "../core/streams.ts";
import type { ImageAttestation, ImageInfo, ImageService } from "../engine/api.ts";
import { readAttestation } from "./documents/attestation.ts";
import { readHistory, readImage, readImageSummary, readRemoval } from "./documents/image.ts";
import { splitReference } from "./documents/reference.ts";
import { children, number, text } from "./http/fields.ts";
import { filtersText, imageSegments, type Query, segment } from "./http/query.ts";
import type { Transport } from "./http/transport.ts";
import { RemoteTransfers } from "./image-transfer.ts";
import { lacks } from "./lacks.ts";

type Of<K extends keyof ImageService> = ImageService[K];

export class RemoteImages implements ImageService {
  readonly #transport: Transport;
  readonly #transfers: RemoteTransfers;
  readonly pull: Of<"pull">;
  readonly push: Of<"push">;
  readonly load: Of<"load">;
  readonly import: Of<"import">;

  constructor(transport: Transport, credentials: CredentialSource) {
    this.#transport = transport;
    this.#transfers = new RemoteTransfers({ transport, credentials, images: this });
    this.pull = (...args) => this.#transfers.pull(...args);
    this.push = (...args) => this.#transfers.push(...args);
    this.load = (...args) => this.#transfers.load(...args);
    this.import = (...args) => this.#transfers.import(...args);
  }

  async list({
    reference,
    all,
    filters = {},
  }: Parameters<Of<"list">>[0] = {}): Promise<readonly ImageInfo[]> {
    const named = reference === undefined ? {} : { reference: [...(filters["reference"] ?? []), reference] };
    const query = { all, filters: filtersText({ ...filters, ...named }) };
    return (await this.#listed(query)).map(readImageSummary);
  }

  summaries({
    filters,
    shared,
    manifests,
  }: Parameters<Of<"summaries">>[0] = {}): Promise<readonly Document[]> {
    return this.#listed({ filters: filtersText(filters), "shared-size": shared, manifests });
  }

  async get(image: string) {
    return readImage(await this.inspect(image, { manifests: true }));
  }

  inspect(image: string, { manifests }: { readonly manifests?: boolean } = {}): Promise<Document> {
    return this.#transport.document({ method: "GET", path: at(image, "json"), query: { manifests } });
  }

  async history(image: string) {
    return (await this.#transport.documents({ method: "GET", path: at(image, "history") })).map(readHistory);
  }

  async attestations(image: string): Promise<readonly ImageAttestation[]> {
    if (!this.#transport.isOwn) throw lacks("reading the attestations of an image");
    const path = at(image, "attestations");
    return (await this.#transport.documents({ method: "GET", path })).map(readAttestation);
  }

  tag(image: string, reference: string): Promise<void> {
    return this.#transport.done({ method: "POST", path: at(image, "tag"), query: splitReference(reference) });
  }

  async remove(image: string, { force, prune = true }: Parameters<Of<"remove">>[1] = {}) {
    const path = `/images/${imageSegments(image)}`;
    const query = { force, noprune: !prune };
    return (await this.#transport.documents({ method: "DELETE", path, query })).map(readRemoval);
  }

  async prune({ all = false, filters = {} }: Parameters<Of<"prune">>[0] = {}) {
    const query = { filters: filtersText({ ...filters, ...(all ? { dangling: ["false"] } : {}) }) };
    const document = await this.#transport.document({ method: "POST", path: "/images/prune", query });
    return {
      removed: children(document, "ImagesDeleted").map(readRemoval),
      bytes: number(document, "SpaceReclaimed"),
    };
  }

  /** Of a container that is made for it and never started: the API has no other way. */
  async *rootfs(image: string, options: Abortable = {}): AsyncGenerator<Uint8Array> {
    const json = { Image: image, Cmd: ["true"] };
    const created = await this.#transport.document(
      { method: "POST", path: "/containers/create", json },
      options,
    );
    const path = `/containers/${segment(text(created, "Id"))}`;
    try {
      yield* this.#transport.stream({ method: "GET", path: `${path}/export` }, options);
    } finally {
      await this.#transport.done({ method: "DELETE", path, query: { v: true } });
    }
  }

  save(images: readonly string[], options?: Abortable): ByteStream {
    return this.#transport.stream({ method: "GET", path: "/images/get", query: { names: images } }, options);
  }

  saveList(...[members, tags, options]: Parameters<Of<"saveList">>): ByteStream {
    if (!this.#transport.isOwn) throw lacks("saving the images of several platforms");
    const query = {
      member: members.map(({ platform, image }) => `${formatPlatform(platform)}@${image}`),
      tag: tags,
    };
    return this.#transport.stream({ method: "GET", path: "/slipway/v1/lists/get", query }, options);
  }

  #listed(query: Query): Promise<readonly Document[]> {
    return this.#transport.documents({ method: "GET", path: "/images/json", query });
  }
}

const at = (image: string, what: string): string => `/images/${imageSegments(image)}/${what}`;
