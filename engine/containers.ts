import type { Digest } from "../core/digest.ts";
import { Failure, isCode } from "../core/errors.ts";
import { formatPlatform } from "../core/platform.ts";
import { parseReference } from "../core/reference.ts";
import type { Abortable, ByteStream } from "../core/streams.ts";
import { loadSearch } from "../core/text-search.ts";
import { resolveUser } from "../core/user.ts";
import type { Kernel } from "../native/kernel.ts";
import type { ContainerRecord } from "../runtime/container-config.ts";
import type { ContainerManager } from "../runtime/containers/container-manager.ts";
import { containerEvent } from "../runtime/containers/describe-event.ts";
import { checkJoinedPorts } from "../runtime/containers/joined-container.ts";
import type { EventSink } from "../runtime/events.ts";
import { DEFAULT_PROCESS_CONFIG } from "../runtime/spec/defaults.ts";
import type { Change } from "../store/snapshotter.ts";
import type { Store } from "../store/types.ts";
import type {
  ContainerCreate,
  ContainerFilter,
  ContainerService,
  ContainerUpdate,
  ExecCreate,
  LogQuery,
  PathStat,
  StatsOptions,
  TerminalSize,
} from "./api.ts";
import { isActive } from "./containers/active.ts";
import { exportRoot, readArchive, statPath, writeArchive } from "./containers/archive.ts";
import { closing } from "./containers/closing.ts";
import { type CommitText, committedImage } from "./containers/commit.ts";
import { filterContainers } from "./containers/filter.ts";
import { completeConnections, completeHostConfig } from "./containers/host-config.ts";
import { withoutLeftovers } from "./containers/leftovers.ts";
import { mergeConfig } from "./containers/merge-config.ts";
import { randomName } from "./containers/names.ts";
import { containerStats } from "./containers/stats.ts";
import { containerDocument } from "./documents/container.ts";
import { compilePruneFilters } from "./filters.ts";
import type { Jobs } from "./jobs.ts";

export interface ContainerServiceParts {
  readonly store: Store;
  readonly kernel: Kernel;
  readonly jobs: Jobs;
  readonly manager: ContainerManager;
  readonly cgroupNamespace: "host" | "private";
  readonly record: EventSink;
}

type StopOptions = Parameters<ContainerService["stop"]>[1];

export class Containers implements ContainerService {
  readonly #store: Store;
  readonly #kernel: Kernel;
  readonly #jobs: Jobs;
  readonly #manager: ContainerManager;
  readonly #cgroupNamespace: "host" | "private";
  readonly #record: EventSink;

  constructor(parts: ContainerServiceParts) {
    this.#store = parts.store;
    this.#kernel = parts.kernel;
    this.#jobs = parts.jobs;
    this.#manager = parts.manager;
    this.#cgroupNamespace = parts.cgroupNamespace;
    this.#record = parts.record;
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

  #note(record: ContainerRecord, action: string, detail?: Readonly<Record<string, string>>): void {
    this.#record(containerEvent(record, action, detail));
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
      ...(size ? { size: await this.size(record.id) } : {}),
    });
  }

  async size(container: string) {
    const { id, layers } = await this.#manager.get(container);
    const written = (await this.#store.snapshots.usage(id)).bytes;
    const below = layers.reduce((sum, layer) => sum + (this.#store.layers.stat(layer)?.size ?? 0), 0);
    return { written, total: written + below };
  }

  logs(container: string, query: LogQuery, options?: Abortable) {
    return this.#manager.logs(container, query, options);
  }
  top(container: string, psArgs: readonly string[]) {
    return this.#manager.top(container, psArgs);
  }

  stats(container: string, options: StatsOptions & Abortable) {
    return containerStats(this.#manager, container, options);
  }

  async changes(container: string): Promise<readonly Change[]> {
    const { id } = await this.#manager.get(container);
    const changes: Change[] = [];
    for await (const change of this.#store.snapshots.changes(id)) changes.push(change);
    return withoutLeftovers(changes, await this.#manager.mountLeftovers(id));
  }

  // ── content ───────────────────────────────────────────────────────────────────────────────────────
  commit(container: string, options: CommitText & { readonly reference?: string; readonly pause?: boolean }) {
    const { reference, pause = true, ...text } = options;
    // Found out before anything is written.
    if (reference !== undefined) parseReference(reference);
    return this.#jobs.record("commit", { container, reference, message: text.message }, async () => {
      const record = await this.#manager.get(container);
      const frozen = pause && record.state.status === "running";
      if (frozen) await this.#manager.pause(record.id);
      try {
        return await this.#commit(record, reference, text);
      } finally {
        if (frozen) await this.#manager.unpause(record.id);
      }
    });
  }

  async #commit(record: ContainerRecord, reference: string | undefined, text: CommitText): Promise<Digest> {
    const store = this.#store;
    const base = await store.images.config(record.imageId);
    const exclude = await this.#manager.mountLeftovers(record.id);
    await using _lease = store.leases.open(`commit of ${record.id}`);
    const layer = await store.snapshots.commit(record.id, { exclude });
    const created = new Date().toISOString();
    const config = committedImage(base, record, layer, { ...text, created });
    await store.flush();
    const { id } = await store.images.publish({ config }, reference === undefined ? [] : [reference]);
    this.#note(record, "commit", { comment: text.message ?? "", imageID: id, imageRef: reference ?? "" });
    return id;
  }

  async *export(container: string, options: Abortable = {}): AsyncGenerator<Uint8Array> {
    const record = await this.#manager.get(container);
    using tree = await this.#manager.openRoot(record.id);
    const mounts = isActive(record)
      ? ["/proc", "/sys", "/dev", ...record.mounts.map((m) => m.destination)]
      : [];
    this.#note(record, "export");
    yield* await exportRoot(this.#kernel, tree, { mounts, ...options });
  }

  async statPath(container: string, path: string): Promise<PathStat> {
    using tree = await this.#manager.openRoot(container);
    return statPath({ tree, container, path });
  }

  async readArchive(container: string, path: string, options?: Abortable) {
    const tree = await this.#manager.openRoot(container);
    try {
      const where = { tree, container, path };
      const stat = statPath(where);
      return { stat, tar: closing(tree, await readArchive(this.#kernel, where, options)) };
    } catch (error) {
      tree[Symbol.dispose]();
      throw error;
    }
  }

  async writeArchive(
    container: string,
    path: string,
    tar: ByteStream,
    options: NonNullable<Parameters<ContainerService["writeArchive"]>[3]> = {},
  ): Promise<void> {
    const { config } = await this.#manager.get(container);
    using tree = await this.#manager.openRoot(container);
    const { copyOwner = false, keepDirectories = false, signal } = options;
    const [passwd, group] = [tree.readText("/etc/passwd"), tree.readText("/etc/group")];
    await writeArchive(this.#kernel, { tree, container, path }, this.#store.layers.inflated(tar), {
      keepDirectories,
      ...(copyOwner ? { owner: resolveUser(config.User ?? "", { passwd, group }).user } : {}),
      ...(signal === undefined ? {} : { signal }),
    });
  }
}
