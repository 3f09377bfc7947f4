import type { Document } from "../core/document.ts";
import type { VolumeInfo, VolumeService } from "../engine/api.ts";
import { child, children, number, text, textMap, texts } from "./http/fields.ts";
import { filtersText, segment } from "./http/query.ts";
import type { Transport } from "./http/transport.ts";

type Filters = Readonly<Record<string, readonly string[]>>;

/** The label by which Docker marks volumes that nobody named. */
const ANONYMOUS = "com.docker.volume.anonymous";

export class RemoteVolumes implements VolumeService {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  async create({ name, labels, options }: Parameters<VolumeService["create"]>[0]): Promise<VolumeInfo> {
    const json = {
      ...(name === undefined ? {} : { Name: name }),
      DriverOpts: options ?? {},
      Labels: labels ?? {},
    };
    return readVolume(await this.#transport.document({ method: "POST", path: "/volumes/create", json }));
  }

  async list(filters?: Filters): Promise<readonly VolumeInfo[]> {
    return (await this.documents(filters)).map(readVolume);
  }

  async documents(filters?: Filters): Promise<readonly Document[]> {
    const query = { filters: filtersText(filters) };
    return children(await this.#transport.document({ method: "GET", path: "/volumes", query }), "Volumes");
  }

  async get(name: string): Promise<VolumeInfo> {
    return readVolume(await this.inspect(name));
  }

  async inspect(name: string, { size = false }: { readonly size?: boolean } = {}): Promise<Document> {
    const document = await this.#transport.document({ method: "GET", path: at(name) });
    return size ? { ...document, ...(await this.#usage(name)) } : document;
  }

  remove(name: string, { force }: { readonly force?: boolean } = {}): Promise<void> {
    return this.#transport.done({ method: "DELETE", path: at(name), query: { force } });
  }

  async prune({ all = false, filters = {} }: Parameters<VolumeService["prune"]>[0] = {}) {
    const query = { filters: filtersText({ ...filters, ...(all ? { all: ["true"] } : {}) }) };
    const document = await this.#transport.document({ method: "POST", path: "/volumes/prune", query });
    return { removed: texts(document, "VolumesDeleted"), bytes: number(document, "SpaceReclaimed") };
  }

  /** What volumes take is told of all of them together. */
  async #usage(name: string): Promise<Document> {
    const asked = { method: "GET", path: "/system/df", query: { type: "volume" } } as const;
    const volumes = children(await this.#transport.document(asked), "Volumes");
    const found = volumes.find((volume) => text(volume, "Name") === name);
    return { UsageData: found === undefined ? {} : child(found, "UsageData") };
  }
}

const at = (name: string): string => `/volumes/${segment(name)}`;

/** Docker Engine API 1.51 "Volume". */
function readVolume(document: Document): VolumeInfo {
  const labels = textMap(document, "Labels");
  return {
    name: text(document, "Name"),
    driver: text(document, "Driver"),
    mountpoint: text(document, "Mountpoint"),
    createdAt: text(document, "CreatedAt"),
    labels,
    options: textMap(document, "Options"),
    anonymous: Object.hasOwn(labels, ANONYMOUS),
  };
}
