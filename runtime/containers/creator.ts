import type { Digest } from "../../core/digest.ts";
import { newId } from "../../core/ids.ts";
import { Undo } from "../../core/undo.ts";
import { thisOwner } from "../../store/owner.ts";
import type { HostConfig, ProcessConfig } from "../container-config.ts";
import { workingDirectory } from "../spec/process.ts";
import { makeMountPoint, planMounts } from "../volumes/mount-points.ts";
import { inherit, parseVolumesFrom } from "../volumes/volumes-from.ts";
import { checkConfig, checkName } from "./check-config.ts";
import { type Connections, defaultHostname, planConnections } from "./connections.ts";
import type { ContainerTable } from "./container-table.ts";
import { containerEvent, volumeEvent } from "./describe-event.ts";
import type { Lifecycle } from "./lifecycle.ts";
import { containerLog } from "./log-options.ts";
import { withContainerIds } from "./namespace-modes.ts";
import type { ContainerParts } from "./parts.ts";
import type { StoredContainer } from "./stored-container.ts";

export interface CreateContainer {
  readonly name: string;
  readonly imageId: Digest;
  /** Of the image, lowest first. */
  readonly layers: readonly Digest[];
  /** With the image's defaults merged in. */
  readonly config: ProcessConfig;
  readonly hostConfig: HostConfig;
  /** Besides the network of its mode, or how it is connected to that. */
  readonly connections?: Connections;
}

/** Makes containers: row, root filesystem, volumes. */
export class Creator {
  readonly #parts: ContainerParts;
  readonly #table: ContainerTable;
  readonly #lifecycle: Lifecycle;

  constructor(parts: ContainerParts, table: ContainerTable, lifecycle: Lifecycle) {
    this.#parts = parts;
    this.#table = table;
    this.#lifecycle = lifecycle;
  }

  /** Returns the id. Nothing is left when it fails. */
  async create(request: CreateContainer): Promise<string> {
    const { name, config, hostConfig } = request;
    checkName(name);
    checkConfig(config, hostConfig);
    const container = this.#describe({ ...request, hostConfig: withContainerIds(hostConfig, this.#table) });
    await containerLog(container);
    await using undo = new Undo();
    this.#table.insert(container);
    undo.add(() => this.#lifecycle.remove(container, { volumes: true }));
    this.#lifecycle.files(container.id).make();
    await this.#parts.store.snapshots.prepare(container.id, container.layers);
    await this.#makeMounts(container);
    this.#table.setState(container.id, { phase: "created" });
    undo.keep();
    this.#parts.record(containerEvent(container, "create"));
    return container.id;
  }

  #describe({ connections = {}, ...request }: CreateContainer): StoredContainer {
    const { name, imageId, layers, config, hostConfig } = request;
    const id = newId();
    const Hostname = config.Hostname || defaultHostname(id, this.#parts.networks, hostConfig.NetworkMode);
    const WorkingDir = config.WorkingDir ? workingDirectory(config.WorkingDir) : "";
    return {
      id,
      name,
      createdAt: new Date().toISOString(),
      imageId,
      layers,
      config: { ...config, Hostname, WorkingDir },
      hostConfig,
      mounts: [],
      connections: planConnections(hostConfig, connections, this.#parts.networks),
      created: [],
      state: { phase: "created", making: thisOwner() },
    };
  }

  async #makeMounts(container: StoredContainer): Promise<void> {
    const { store, volumes } = this.#parts;
    const { id, config, hostConfig, layers } = container;
    const others = hostConfig.VolumesFrom.flatMap((spec) => {
      const from = parseVolumesFrom(spec);
      return inherit(this.#table.find(from.container).mounts, from.mode);
    });
    const plan = planMounts(hostConfig, Object.keys(config.Volumes ?? {}), others);
    if (plan.length === 0) return;
    // At once: a volume that nobody is known to have would be nobody's to remove if this process were killed now.
    const known = new Set(volumes.list().map(({ name }) => name));
    const mounts = store.database
      .transaction(() => {
        const made = plan.map((each) => makeMountPoint(each, volumes));
        for (const { name } of made) if (name !== undefined) volumes.use(name, id);
        this.#table.update({ ...container, mounts: made });
        return made;
      })
      .immediate();
    for (const { name } of mounts)
      if (name !== undefined && !known.has(name)) this.#parts.record(volumeEvent(name, "create"));
    if (!plan.some(({ fill }) => fill)) return;
    using tree = await store.trees.open(await store.snapshots.view(layers));
    for (const [index, { name, destination }] of mounts.entries())
      if (name !== undefined && plan[index]?.fill === true) await volumes.fill(name, tree, destination);
  }
}
