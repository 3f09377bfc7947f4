import type { EventSink } from "../runtime/events.ts";
import type { Volumes as VolumeStore } from "../runtime/volumes/volumes.ts";
import type { Trees } from "../store/types.ts";
import type { VolumeInfo, VolumeService } from "./api.ts";
import { volumeDocument } from "./documents/volume.ts";
import type { Jobs } from "./jobs.ts";
import { filterVolumes, prunableVolumes } from "./volumes/filter.ts";

type Filters = Readonly<Record<string, readonly string[]>>;

export class Volumes implements VolumeService {
  readonly #volumes: VolumeStore;
  readonly #trees: Trees;
  readonly #jobs: Jobs;
  readonly #record: EventSink;

  constructor(parts: {
    readonly volumes: VolumeStore;
    readonly trees: Trees;
    readonly jobs: Jobs;
    readonly record: EventSink;
  }) {
    this.#volumes = parts.volumes;
    this.#trees = parts.trees;
    this.#jobs = parts.jobs;
    this.#record = parts.record;
  }

  async create({ name, ...wishes }: Parameters<VolumeService["create"]>[0]): Promise<VolumeInfo> {
    const existed = name !== undefined && this.#volumes.list().some((volume) => volume.name === name);
    const volume = this.#volumes.create(name, wishes);
    if (!existed) this.#note("create", volume.name);
    return volume;
  }

  async list(filters: Filters = {}): Promise<readonly VolumeInfo[]> {
    return filterVolumes(this.#volumes.list(), filters, ({ name }) => this.#isUsed(name));
  }

  async documents(filters?: Filters) {
    return (await this.list(filters)).map(volumeDocument);
  }

  #isUsed(name: string): boolean {
    return this.#volumes.usersOf(name).length > 0;
  }

  async get(name: string): Promise<VolumeInfo> {
    return this.#volumes.get(name);
  }

  async inspect(name: string, { size = false }: { readonly size?: boolean } = {}) {
    const document = volumeDocument(this.#volumes.get(name));
    if (!size) return document;
    const RefCount = this.#volumes.usersOf(name).length;
    return { ...document, UsageData: { Size: await this.size(name), RefCount } };
  }

  /** `force`: a volume that is not there is no error. */
  async remove(name: string, { force = false }: { readonly force?: boolean } = {}): Promise<void> {
    if (force && !this.#volumes.list().some((volume) => volume.name === name)) return;
    await this.#volumes.remove(name);
    this.#note("destroy", name);
  }

  #note(action: string, name: string): void {
    this.#record({ type: "volume", action, id: name, attributes: { driver: "local" } });
  }

  prune({ all = false, filters = {} }: Parameters<VolumeService["prune"]>[0] = {}) {
    return this.#jobs.record("prune", { what: "volumes", all, filters }, async () => {
      const isPrunable = prunableVolumes(filters, all);
      const unused = this.#volumes
        .list()
        .filter((volume) => isPrunable(volume) && !this.#isUsed(volume.name));
      let bytes = 0;
      for (const { name } of unused) {
        bytes += await this.size(name);
        await this.remove(name);
      }
      this.#record({ type: "volume", action: "prune", id: "", attributes: { reclaimed: String(bytes) } });
      return { removed: unused.map(({ name }) => name), bytes };
    });
  }

  /** What each volume takes, and whether a container has it. */
  async usage(): Promise<readonly { readonly bytes: number; readonly used: boolean }[]> {
    const all = this.#volumes.list();
    return Promise.all(
      all.map(async ({ name }) => ({
        bytes: await this.size(name),
        used: this.#volumes.usersOf(name).length > 0,
      })),
    );
  }

  /** Bytes of the files of a volume. */
  async size(name: string): Promise<number> {
    using tree = await this.#trees.openDirectory(this.#volumes.get(name).mountpoint);
    const entries = await tree.scan("/");
    let size = 0;
    for (const { stat } of entries) if (stat.type === "file") size += stat.size;
    return size;
  }
}
