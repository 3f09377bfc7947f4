import { closeSync } from "node:fs";
import { deferred } from "../../core/deferred.ts";
import { isCode } from "../../core/errors.ts";
import type { Abortable } from "../../core/streams.ts";
import { isAlive, isFromEarlierBoot } from "../../store/owner.ts";
import { connectShim, type ExitRecord, readExitRecord, type ShimClient } from "../launch/shim.ts";
import type { Changes } from "./changes.ts";
import { ContainerFiles } from "./container-files.ts";
import type { ContainerTable } from "./container-table.ts";
import { containerEvent } from "./describe-event.ts";
import type { ContainerParts } from "./parts.ts";
import type { RunningContainer, RunningState, StoredContainer, StoredState } from "./stored-container.ts";

export type ExitedState = Extract<StoredState, { phase: "exited" }>;

/** Status of a container whose shim could not tell: as killed, or as one that was there when the machine stopped. */
const KILLED = 137;
const LOST = 255;
const SIGKILL = 9;

/**
 * Notices how containers end and gives back what they held. A container ends without a word to this process or to any: whoever looks first,
 * in whatever process, finds its shim's exit record (or no process any more) and does the rest, once, under the container's lock.
 */
export class Lifecycle {
  readonly #parts: ContainerParts;
  readonly #table: ContainerTable;
  readonly #changes: Changes;

  constructor(parts: ContainerParts, table: ContainerTable, changes: Changes) {
    this.#parts = parts;
    this.#table = table;
    this.#changes = changes;
  }

  files(id: string): ContainerFiles {
    return new ContainerFiles(this.#parts.store.paths, id);
  }

  /** Excludes every other change of the container's state, in all processes. */
  lock(id: string): Promise<AsyncDisposable> {
    return this.#parts.store.locks.hold(`container-${id}`);
  }

  /** The container as it is now; undefined when it ended and took itself away (AutoRemove). */
  async observe(container: StoredContainer): Promise<StoredContainer | undefined> {
    if ((await this.#ending(container)) === undefined) return container;
    await using _lock = await this.lock(container.id);
    return this.observeLocked(container.id);
  }

  /** observe() for who holds the container's lock. */
  async observeLocked(id: string): Promise<StoredContainer | undefined> {
    const container = this.#table.byId(id);
    if (container === undefined) return undefined;
    const exited = await this.#ending(container);
    if (exited === undefined) return container;
    return this.#finish(container, exited);
  }

  /** How a container that was running has ended; undefined while it has not. */
  async #ending({ id, state }: StoredContainer): Promise<ExitedState | undefined> {
    if (state.phase !== "running") return undefined;
    const files = this.files(id);
    const record = await readExitRecord(files.exit);
    if (record !== undefined) return exitedState(record);
    if (isAlive(state.process)) return undefined;
    // Between the end of the process and the record there is the shim's last reading of the output.
    const last = (await waitForShim(files.socket)) ?? (await readExitRecord(files.exit));
    return last === undefined ? lostState(state) : exitedState(last);
  }

  async #finish(container: StoredContainer, exited: ExitedState): Promise<StoredContainer | undefined> {
    const { id, state, hostConfig } = container;
    if (state.phase === "running") {
      await this.#parts.networks.release(state.endpoints);
      await this.#parts.cgroups.open(state.cgroup).remove();
    }
    this.#table.setState(id, exited);
    this.#record(container, exited);
    if (hostConfig.AutoRemove) await this.remove(container, { volumes: true });
    this.#changes.announce(id);
    return hostConfig.AutoRemove ? undefined : { ...container, state: exited };
  }

  #record(container: StoredContainer, { exitCode, oomKilled, startedAt, finishedAt }: ExitedState): void {
    const { record } = this.#parts;
    const time = new Date(finishedAt);
    const ran = Math.max(0, Math.trunc((time.getTime() - Date.parse(startedAt)) / 1000));
    if (oomKilled) record({ ...containerEvent(container, "oom"), time });
    record({
      ...containerEvent(container, "die", { execDuration: String(ran), exitCode: String(exitCode) }),
      time,
    });
  }

  /** Resolves when the process of a running container has ended and all it held was given back: with how it ended. */
  async ended(container: RunningContainer, options: Abortable = {}): Promise<ExitedState> {
    const { id, state } = container;
    for (let record: ExitRecord | undefined; ; ) {
      const files = this.files(id);
      // Read before it is looked at: what it finds ended may be removed with its record at once (AutoRemove).
      record = (await waitForShim(files.socket, options)) ?? (await readExitRecord(files.exit)) ?? record;
      const current = (await this.observe(container))?.state;
      if (current?.phase === "exited") return current;
      const same = current?.phase === "running" && current.process === state.process;
      // Its row is gone, or it runs anew: somebody else was faster.
      if (!same) return record === undefined ? lostState(state) : exitedState(record);
      await this.#changes.next(id, options);
    }
  }

  /** Kills it and waits for its end. For who holds the lock. */
  async kill({ id, state }: StoredContainer): Promise<void> {
    if (state.phase !== "running") return;
    await this.#parts.cgroups.open(state.cgroup).kill();
    // Where no hierarchy is mounted the group has no members; the end of the first process ends the others.
    if (isAlive(state.process)) this.#killFirst(state);
    await waitForShim(this.files(id).socket);
  }

  #killFirst({ pid, process }: RunningState): void {
    const { kernel } = this.#parts;
    const pidfd = kernel.openPidfd(pid);
    if (pidfd === undefined) return;
    try {
      // Looked at again now that the number cannot become another process's.
      if (isAlive(process)) kernel.signalPidfd(pidfd, SIGKILL);
    } finally {
      closeSync(pidfd);
    }
  }

  /** Takes everything of a container that does not run away; the row last, so that a crash leaves one that can be removed again. */
  async remove(container: StoredContainer, options: { readonly volumes: boolean }): Promise<void> {
    const { id, mounts } = container;
    const { store, kernel, networks, volumes } = this.#parts;
    await networks.release(networks.endpointsOf(id));
    await store.snapshots.remove(id);
    await kernel.removeTree(this.files(id).directory);
    const anonymous = new Set(volumes.list().flatMap((volume) => (volume.anonymous ? [volume.name] : [])));
    this.#table.delete(id);
    this.#parts.record(containerEvent(container, "destroy"));
    this.#changes.announce(id);
    if (!options.volumes) return;
    for (const { name } of mounts) {
      const mine = name !== undefined && anonymous.has(name) && volumes.usersOf(name).length === 0;
      if (mine) await volumes.remove(name);
    }
  }
}

const exitedState = ({ code, oom, startedAt, finishedAt }: ExitRecord): ExitedState => ({
  phase: "exited",
  exitCode: code,
  oomKilled: oom,
  startedAt,
  finishedAt,
  error: "",
});

const lostState = ({ process, startedAt }: RunningState): ExitedState => ({
  phase: "exited",
  exitCode: isFromEarlierBoot(process) ? LOST : KILLED,
  oomKilled: false,
  startedAt,
  finishedAt: new Date().toISOString(),
  error: "",
});

async function connectOrNothing(socket: string): Promise<ShimClient | undefined> {
  try {
    return await connectShim(socket);
  } catch (error) {
    if (isCode(error, "SHIM_UNREACHABLE")) return undefined;
    throw error;
  }
}

/** The record of the shim at `socket` once its process has ended; undefined when there is no shim. Rejects with the signal's reason. */
async function waitForShim(socket: string, { signal }: Abortable = {}): Promise<ExitRecord | undefined> {
  signal?.throwIfAborted();
  await using client = await connectOrNothing(socket);
  if (client === undefined) return undefined;
  const aborted = deferred<never>();
  const abort = (): void => aborted.reject(signal?.reason);
  signal?.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([client.wait(), aborted.promise]);
  } catch (error) {
    if (isCode(error, "SHIM_UNREACHABLE")) return undefined;
    throw error;
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}
