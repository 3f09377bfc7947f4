import { setTimeout as sleep } from "node:timers/promises";
import { Failure } from "../../core/errors.ts";
import { parseSignal } from "../../core/signals.ts";
import { isAlive } from "../../store/owner.ts";
import type { ControlGroup } from "../cgroups/control-groups.ts";
import { connectShim } from "../launch/shim.ts";
import type { TerminalSize } from "../terminal-size.ts";
import { containerEvent } from "./describe-event.ts";
import type { Lifecycle } from "./lifecycle.ts";
import type { ContainerParts } from "./parts.ts";
import type { RunningContainer, StoredContainer } from "./stored-container.ts";

export interface StopOptions {
  /** Until it is killed; negative waits for ever. */
  readonly timeoutMs?: number;
  readonly signal?: string;
}

const DEFAULT_STOP_MS = 10_000;
const SIGKILL = 9;

/** Ends, freezes and signals containers that run. */
export class Control {
  readonly #parts: ContainerParts;
  readonly #lifecycle: Lifecycle;

  constructor(parts: ContainerParts, lifecycle: Lifecycle) {
    this.#parts = parts;
    this.#lifecycle = lifecycle;
  }

  #group({ state }: RunningContainer): ControlGroup {
    return this.#parts.cgroups.open(state.cgroup);
  }

  async stop(container: RunningContainer, options: StopOptions): Promise<void> {
    const { config } = container;
    const signal = parseSignal(options.signal || config.StopSignal || "SIGTERM");
    const configured = config.StopTimeout === undefined ? DEFAULT_STOP_MS : config.StopTimeout * 1000;
    const group = this.#group(container);
    if (group.frozen()) await group.freeze(false);
    await this.#lifecycle.noMore(container);
    const ended = this.#lifecycle.ended(container).then(() => true);
    await this.#signal(container, signal);
    if (!(await raceTimeout(ended, options.timeoutMs ?? configured))) {
      await this.#signal(container, SIGKILL);
      await ended;
    }
    this.#parts.record(containerEvent(container, "stop"));
  }

  async kill(container: RunningContainer, signal: number): Promise<void> {
    // As Docker: a signal that does not mean the end leaves the restart policy alone only where another one does.
    const { StopSignal } = container.config;
    if (signal === SIGKILL || !StopSignal || parseSignal(StopSignal) === signal)
      await this.#lifecycle.noMore(container);
    await this.#signal(container, signal);
    if (signal !== SIGKILL) return;
    const group = this.#group(container);
    if (group.frozen()) await group.freeze(false);
    await this.#lifecycle.ended(container);
  }

  async resize({ id }: RunningContainer, { columns, rows }: TerminalSize): Promise<void> {
    await using client = await connectShim(this.#lifecycle.files(id).socket);
    await client.resize(columns, rows);
  }

  async #signal(container: RunningContainer, signal: number): Promise<void> {
    const { id, state } = container;
    if (!isAlive(state.process)) return;
    try {
      await using client = await connectShim(this.#lifecycle.files(id).socket);
      await client.signal(signal);
      this.#parts.record(containerEvent(container, "kill", { signal: String(signal) }));
    } catch (error) {
      if (isAlive(state.process)) throw error;
    }
  }

  async pause(container: RunningContainer): Promise<void> {
    await using _lock = await this.#lifecycle.lock(container.id);
    const group = this.#group(container);
    if (group.frozen()) throw new Failure("CONTAINER_ALREADY_PAUSED", { container: container.id });
    await group.freeze(true);
    this.#parts.record(containerEvent(container, "pause"));
  }

  async unpause({ state, ...container }: StoredContainer): Promise<void> {
    await using _lock = await this.#lifecycle.lock(container.id);
    const group = state.phase === "running" ? this.#group({ ...container, state }) : undefined;
    if (group === undefined || !group.frozen())
      throw new Failure("CONTAINER_NOT_PAUSED", { container: container.id });
    await group.freeze(false);
    this.#parts.record(containerEvent(container, "unpause"));
  }
}

/** True when `ended` came first; a negative time waits for ever. */
async function raceTimeout(ended: Promise<boolean>, timeoutMs: number): Promise<boolean> {
  if (timeoutMs < 0) return ended;
  const timer = new AbortController();
  const late = sleep(timeoutMs, false, { signal: timer.signal }).catch(() => false);
  try {
    return await Promise.race([ended, late]);
  } finally {
    timer.abort();
  }
}
