import { Failure } from "../../core/errors.ts";
import type { ControlGroup } from "../cgroups/control-groups.ts";
import type { ContainerRecord } from "../container-config.ts";
import type { ContainerTable } from "./container-table.ts";
import { hasProcess } from "./follow-shim.ts";
import type { Lifecycle } from "./lifecycle.ts";
import type { ContainerParts } from "./parts.ts";
import { toRecord } from "./record.ts";
import type { RunningContainer, RunningState, StoredContainer } from "./stored-container.ts";

/** Finds containers as they are now. Methods that take a text reject with CONTAINER_UNKNOWN, CONTAINER_AMBIGUOUS. */
export class Finder {
  readonly #parts: ContainerParts;
  readonly #table: ContainerTable;
  readonly #lifecycle: Lifecycle;

  constructor(parts: ContainerParts, table: ContainerTable, lifecycle: Lifecycle) {
    this.#parts = parts;
    this.#table = table;
    this.#lifecycle = lifecycle;
  }

  async list(): Promise<readonly ContainerRecord[]> {
    const observed = await Promise.all(this.#table.list().map((each) => this.#lifecycle.observe(each)));
    return observed.flatMap((container) => (container === undefined ? [] : [this.record(container)]));
  }

  /** What others are told of it. */
  record(container: StoredContainer): ContainerRecord {
    const frozen = container.state.phase === "running" && this.group(container.state).frozen();
    return toRecord(container, frozen, this.#parts.networks);
  }

  group({ cgroup }: RunningState): ControlGroup {
    return this.#parts.cgroups.open(cgroup);
  }

  async find(text: string): Promise<StoredContainer> {
    const observed = await this.#lifecycle.observe(this.#table.find(text));
    if (observed === undefined) throw new Failure("CONTAINER_UNKNOWN", { container: text });
    return observed;
  }

  /** Rejects with CONTAINER_NOT_RUNNING. */
  async findRunning(text: string): Promise<RunningContainer> {
    const container = await this.find(text);
    const { state } = container;
    if (state.phase !== "running") throw new Failure("CONTAINER_NOT_RUNNING", { container: container.id });
    return { ...container, state };
  }

  /** One with a process. Rejects with CONTAINER_NOT_RUNNING, CONTAINER_RESTARTING. */
  async findProcess(text: string): Promise<RunningContainer> {
    const container = await this.findRunning(text);
    if (hasProcess(container)) return container;
    throw new Failure("CONTAINER_RESTARTING", { container: container.id });
  }
}
