import { Failure, isCode } from "../core/errors.ts";
import { formatPlatform } from "../core/platform.ts";
import type { Abortable, ByteStream } from "../core/streams.ts";
import { loadSearch } from "../core/text-search.ts";
import type { ContainerRecord } from "../runtime/container-config.ts";
import type { ContainerManager } from "../runtime/containers/container-manager.ts";
import { containerEvent } from "../runtime/containers/describe-event.ts";
import { checkJoinedPorts } from "../runtime/containers/joined-container.ts";
import type { EventSink } from "../runtime/events.ts";
import { DEFAULT_PROCESS_CONFIG } from "../runtime/spec/defaults.ts";
import type { Store } from "../store/types.ts";
import type {
  ContainerCreate,
  ContainerFilter,
  ContainerService,
  ContainerUpdate,
  ExecCreate,
  LogOptions,
  LogQuery,
  StatsOptions,
  TerminalSize,
} from "./api.ts";
import { isActive } from "./containers/active.ts";
import {
  type CommitOptions,
  ContainerContents,
  type ContainerContentsParts,
  type WriteOptions,
} from "./containers/contents.ts";
import type { ExecTable } from "./containers/exec-table.ts";
import { filterContainers } from "./containers/filter.ts";
import { completeConnections, completeHostConfig } from "./containers/host-config.ts";
import { mergeConfig } from "./containers/merge-config.ts";
import { randomName } from "./containers/names.ts";
import { containerStats } from "./containers/stats.ts";
import { containerDocument } from "./documents/container.ts";
import { compilePruneFilters } from "./filters.ts";
import type { Jobs } from "./jobs.ts";

export interface ContainerServiceParts extends ContainerContentsParts {
  readonly cgroupNamespace: "host" | "private";
  readonly execs: ExecTable;
}

type StopOptions = Parameters<ContainerService["stop"]>[1];

export class Containers implements ContainerService {
  readonly #store: Store;
  readonly #jobs: Jobs;
  readonly #manager: ContainerManager;
  readonly #cgroupNamespace: "host" | "private";
  readonly #execs: ExecTable;
  readonly #record: EventSink;
  readonly #contents: ContainerContents;

  constructor(parts: ContainerServiceParts) {
    this.#store = parts.store;
    this.#jobs = parts.jobs;
    this.#manager = parts.manager;
    this.#cgroupNamespace = parts.cgroupNamespace;
    this.#execs = parts.execs;
    this.#record = parts.record;
    this.#contents = new ContainerContents(parts);
  }

  // ── life ──────────────────────────────────────────────────────────────────────────────────────────
  async create({ name, platform, config, hostConfig, networks = {} }: ContainerCreate) {
    const { images } = this.#store;
    const { id: imageId, layers } = images.get(config.Image);
    const image = await images.config(imageId);
    if (platform !== undefined && formatPlatform(platform) !== formatPlatform(image)) {
      const [want, got] = [formatPlatform(platform), formatPlatform(image)];
      throw new Failure("PLATFORM_MISMATCH", { reference: config.Image, want, got });
    }
    checkJoinedPorts(config, completeHostConfig(hostConfig));
    const id = await this.#createNamed(name, {
      imageId,
      layers,
      config: { ...DEFAULT_PROCESS_CONFIG, ...config, ...mergeConfig(config, image.config ?? {}) },
      hostConfig: completeHostConfig(hostConfig),
      connections: completeConnections(networks),
    });
    return { id, warnings: [] };
  }

  /** A name of its own choosing may be taken by another process just now: then it chooses another. */
  async #createNamed(
    name: string | undefined,
    container: Omit<Parameters<ContainerManager["create"]>[0], "name">,
  ): Promise<string> {
    if (name !== undefined) return this.#manager.create({ ...container, name: name.replace(/^\//, "") });
    for (;;) {
      const chosen = randomName((taken) => this.#manager.hasName(taken));
      try {
        return await this.#manager.create({ ...container, name: chosen });
      } catch (error) {
        if (!isCode(error, "CONTAINER_NAME_TAKEN")) throw error;
      }
    }
  }

  revive(report: Parameters<ContainerService["revive"]>[0]) {
    return this.#manager.revive(report);
  }
  start(container: string) {
    return this.#manager.start(container);
  }
  stop(container: string, options?: StopOptions) {
    return this.#manager.stop(container, options);
  }
  restart(container: string, options?: StopOptions) {
    return this.#manager.restart(container, options);
  }
  kill(container: string, signal: string) {
    return this.#manager.kill(container, signal);
  }
  pause(container: string) {
    return this.#manager.pause(container);
  }
  unpause(container: string) {
    return this.#manager.unpause(container);
  }
  wait(container: string, condition?: "not-running" | "next-exit" | "removed", options?: Abortable) {
    return this.#manager.wait(container, condition, options);
  }
  attach(container: string, options: { readonly stdin: boolean; readonly logs?: boolean }) {
    return this.#manager.attach(container, options);
  }
  exec(container: string, request: ExecCreate) {
    return this.#manager.exec(container, request);
  }
  resize(container: string, size: TerminalSize) {
    return this.#manager.resize(container, size);
  }
  update(container: string, changes: ContainerUpdate) {
    return this.#manager.update(container, changes);
  }
  rename(container: string, name: string) {
    return this.#manager.rename(container, name.replace(/^\//, ""));
  }
  remove(container: string, options?: { readonly force?: boolean; readonly volumes?: boolean }) {
    return this.#manager.remove(container, options);
  }

  prune({ filters = {} }: { readonly filters?: Readonly<Record<string, readonly string[]>> } = {}) {
    const fits = compilePruneFilters(filters);
    return this.#jobs.record("prune", { what: "containers", filters }, async () => {
      const stopped = (await this.#manager.list()).filter(
        (record) =>
          !isActive(record) && fits({ createdAt: new Date(record.createdAt), labels: record.config.Labels }),
      );
      let bytes = 0;
      for (const { id } of stopped) {
        bytes += (await this.#store.snapshots.usage(id)).bytes;
        await this.#manager.remove(id);
      }
      this.#record({ type: "container", action: "prune", id: "", attributes: { reclaimed: String(bytes) } });
      return { removed: stopped.map(({ id }) => id), bytes };
    });
  }

  // ── knowledge ─────────────────────────────────────────────────────────────────────────────────────
  async list(filter: ContainerFilter = {}): Promise<readonly ContainerRecord[]> {
    const records = await this.#manager.list();
    const find = (text: string): ContainerRecord => {
      const found =
        records.find(({ id, name }) => id === text || name === text) ??
        records.find(({ id }) => id.startsWith(text));
      if (found === undefined) throw new Failure("CONTAINER_UNKNOWN", { container: text });
      return found;
    };
    return filterContainers(records, filter, {
      image: (text) => this.#store.images.get(text),
      container: find,
      search: await loadSearch(filter.filters?.["name"] ?? []),
    });
  }

  get(container: string): Promise<ContainerRecord> {
    return this.#manager.get(container);
  }

  async inspect(container: string, { size = false }: { readonly size?: boolean } = {}) {
    const record = await this.#manager.get(container);
    return containerDocument(record, {
      directory: this.#store.paths.container(record.id),
      driver: this.#store.snapshots.name,
      cgroupNamespace: this.#cgroupNamespace,
      execs: isActive(record) ? await this.#execIds(record.id) : [],
      ...(size ? { size: await this.size(record.id) } : {}),
    });
  }

  async #execIds(id: string): Promise<readonly string[]> {
    return [...new Set([...this.#execs.unfinished(id), ...(await this.#manager.execs(id))])];
  }

  async size(container: string) {
    const { id, layers } = await this.#manager.get(container);
    const written = (await this.#store.snapshots.usage(id)).bytes;
    const below = layers.reduce((sum, layer) => sum + (this.#store.layers.stat(layer)?.size ?? 0), 0);
    return { written, total: written + below };
  }

  logs(container: string, query: LogQuery, options?: LogOptions) {
    return this.#manager.logs(container, query, options);
  }
  async top(container: string, psArgs: readonly string[]) {
    const table = await this.#manager.top(container, psArgs);
    this.#record(containerEvent(await this.#manager.get(container), "top"));
    return table;
  }

  stats(container: string, options: StatsOptions & Abortable) {
    return containerStats(this.#manager, container, options);
  }

  // ── content ───────────────────────────────────────────────────────────────────────────────────────
  changes(container: string) {
    return this.#contents.changes(container);
  }
  commit(container: string, options: CommitOptions) {
    return this.#contents.commit(container, options);
  }
  export(container: string, options?: Abortable) {
    return this.#contents.export(container, options);
  }
  statPath(container: string, path: string) {
    return this.#contents.statPath(container, path);
  }
  readArchive(container: string, path: string, options?: Abortable) {
    return this.#contents.readArchive(container, path, options);
  }
  writeArchive(container: string, path: string, tar: ByteStream, options?: WriteOptions) {
    return this.#contents.writeArchive(container, path, tar, options);
  }
}
