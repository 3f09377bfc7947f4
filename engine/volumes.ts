import type { Volumes as VolumeStore } from "../runtime/volumes/volumes.ts";
import type { Trees } from "../store/types.ts";
import type { VolumeInfo, VolumeService } from "./api.ts";
import { volumeDocument } from "./documents/volume.ts";
import type { Jobs } from "./jobs.ts";

export class Volumes implements VolumeService {
  readonly #volumes: VolumeStore;
  readonly #trees: Trees;
  readonly #jobs: Jobs;

  constructor(parts: { readonly volumes: VolumeStore; readonly trees: Trees; readonly jobs: Jobs }) {
    this.#volumes = parts.volumes;
    this.#trees = parts.trees;
    this.#jobs = parts.jobs;
  }

  async create({ name, labels = {} }: Parameters<VolumeService["create"]>[0]): Promise<VolumeInfo> {
    return this.#volumes.create(name, labels);
  }

  async list(): Promise<readonly VolumeInfo[]> {
    return this.#volumes.list();
  }

  async get(name: string): Promise<VolumeInfo> {
    return this.#volumes.get(name);
  }

  async inspect(name: string) {
    return volumeDocument(this.#volumes.get(name));
  }

  /** `force`: a volume that is not there is no error. */
  async remove(name: string, { force = false }: { readonly force?: boolean } = {}): Promise<void> {
    if (force && !this.#volumes.list().some((volume) => volume.name === name)) return;
    await this.#volumes.remove(name);
  }

  prune({ all = false }: { readonly all?: boolean } = {}) {
    return this.#jobs.record("prune", { what: "volumes", all }, async () => {
      const unused = this.#volumes
        .list()
        .filter(({ name, anonymous }) => (all || anonymous) && this.#volumes.usersOf(name).length === 0);
      let bytes = 0;
      for (const { name } of unused) {
        bytes += await this.size(name);
        await this.#volumes.remove(name);
      }
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
    return entries.reduce((sum, { stat }) => sum + (stat.type === "file" ? stat.size : 0), 0);
  }
}
