import { closeSync, existsSync } from "node:fs";
import { isCode } from "../../core/errors.ts";
import type { Abortable } from "../../core/streams.ts";
import { unlessAborted } from "../../core/unless-aborted.ts";
import { isAlive, isFromEarlierBoot } from "../../store/owner.ts";
import { connectShim, type ExitRecord, readExitRecord, type ShimClient } from "../launch/shim.ts";
import { readShimState, type ShimStateFile } from "../launch/shim-state.ts";
import type { Changes } from "./changes.ts";
import { ContainerFiles } from "./container-files.ts";
import type { ContainerTable } from "./container-table.ts";
import { containerEvent, mountEvents, networkEvent, volumeEvent } from "./describe-event.ts";
import { followed, newestEvent, recordNews } from "./follow-shim.ts";
import type { ContainerParts } from "./parts.ts";
import { restarts } from "./restart-policy.ts";
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
    const { state } = container;
    if (state.phase === "running") {
      const running = { ...container, state };
      const now = (await this.#ending(running)) === undefined ? this.#follow(running) : undefined;
      if (now?.news === false) return now.container;
    } else if (!isRemains(container)) return container;
    await using _lock = await this.lock(container.id);
    return await this.observeLocked(container.id);
  }

  /** observe() for who holds the container's lock. */
  async observeLocked(id: string): Promise<StoredContainer | undefined> {
    const stored = this.#table.byId(id);
    if (stored !== undefined && isRemains(stored)) {
      await this.remove(stored, { volumes: true });
      return undefined;
    }
    if (stored?.state.phase !== "running") return stored;
    const running = { ...stored, state: stored.state };
    const exited = await this.#ending(running);
    const container = this.#take(running);
    return exited === undefined ? container : this.#finish(container, exited);
  }

  /** A running container with what its shim has written since; `news` when there are events that nobody recorded. */
  #follow(container: RunningContainer): {
    readonly container: RunningContainer;
    readonly now?: ShimStateFile;
    readonly news: boolean;
  } {
    const now = readShimState(this.files(container.id).state);
    if (now === undefined) return { container, news: false };
    const state = followed(container.state, now);
    return { container: { ...container, state }, now, news: newestEvent(now) > (state.seen ?? 0) };
  }

  /** The same under its lock: what happened since is recorded. */
  #take(running: RunningContainer): RunningContainer {
    const { container, now, news } = this.#follow(running);
    if (now === undefined || !news) return container;
    const { state } = container;
    recordNews(container, now, state.seen ?? 0, this.#parts.record);
    const seen = { ...state, seen: newestEvent(now) };
    this.#table.setState(container.id, seen);
    this.#changes.announce(container.id);
    return { ...container, state: seen };
  }

  /** How a container that was running has ended; undefined while it has not. */
  async #ending({ id, state, hostConfig }: RunningContainer): Promise<ExitedState | undefined> {
    const files = this.files(id);
    const record = readExitRecord(files.exit);
    if (record !== undefined) return exitedState(record);
    if (isAlive(state.process)) return undefined;
    if (restarts(hostConfig.RestartPolicy) && isAlive(state.shim)) return undefined;
    // Between the end of the process and the record there is the shim's last reading of the output.
    const last = (await waitForShim(files.socket)) ?? readExitRecord(files.exit);
    return last === undefined ? lostState(state) : exitedState(last);
  }

  async #finish(container: RunningContainer, end: ExitedState): Promise<StoredContainer | undefined> {
    const { id, state, hostConfig } = container;
    const { restarts: count, health } = state;
    const exited: ExitedState = {
      ...end,
      ...(count === undefined ? {} : { restarts: count }),
      ...(health === undefined ? {} : { health }),
    };
    await this.#parts.networks.release(state.endpoints);
    for (const endpoint of state.endpoints) this.#parts.record(networkEvent(endpoint, id, "disconnect"));
    await this.#parts.cgroups.open(state.cgroup).remove();
    this.#table.setState(id, exited);
    for (const event of mountEvents(container, "unmount")) this.#parts.record(event);
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

  /**
   * Resolves when a running container has ended for good and all it held was given back, with how it ended; with `run` already when its
   * present process has ended.
   */
  async ended(
    container: RunningContainer,
    { run = false, ...options }: Abortable & { readonly run?: boolean } = {},
  ): Promise<ExitedState> {
    const { id, state } = container;
    for (let record: ExitRecord | undefined; ; ) {
      const files = this.files(id);
      // Read before it is looked at: what it finds ended may be removed with its record at once (AutoRemove).
      const told = await waitForShim(files.socket, options);
      record = told ?? readExitRecord(files.exit) ?? record;
      const current = (await this.observe(container))?.state;
      if (current?.phase === "exited") return current;
      const same = current?.phase === "running" && current.shim === state.shim;
      // Its row is gone, or it runs anew: somebody else was faster.
      if (!same) return record === undefined ? this.#ofHistory(id, state) : exitedState(record);
      if (run && told !== undefined) return exitedState(told);
      if (told === undefined) await this.#changes.next(id, options);
    }
  }

  #ofHistory(id: string, state: RunningState): ExitedState {
    const exitCode = this.#parts.exitCodeOf(id);
    return { ...lostState(state), ...(exitCode === undefined ? {} : { exitCode }) };
  }

  /** Has the shim not start it again when it ends; one that waits for its next run ends now. */
  async noMore({ id }: StoredContainer): Promise<void> {
    await using client = await connectOrNothing(this.files(id).socket);
    await client?.noMore().catch(ignoreUnreachable);
  }

  /** Kills it and waits for its end. For who holds the lock. */
  async kill(container: StoredContainer): Promise<void> {
    const { id, state } = container;
    if (state.phase !== "running") return;
    await this.noMore(container);
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
    const { store, networks, volumes } = this.#parts;
    await networks.release(networks.endpointsOf(id));
    await Promise.all([store.snapshots.discard(id), store.trash.put(this.files(id).directory)]);
    const named = options.volumes ? mounts.flatMap(({ name }) => name ?? []) : [];
    for (const name of named)
      if (await volumes.leave(name, id)) this.#parts.record(volumeEvent(name, "destroy"));
    this.#table.delete(id);
    this.#parts.record(containerEvent(container, "destroy"));
    this.#changes.announce(id);
  }
}

/** What a process left that was killed while it made it, or took it away by the container's own wish. */
const isRemains = ({ state, hostConfig }: StoredContainer): boolean =>
  state.phase === "created"
    ? state.making !== undefined && !isAlive(state.making)
    : state.phase === "exited" && hostConfig.AutoRemove;

const exitedState = ({ code, oom, startedAt, finishedAt, stopped, error = "" }: ExitRecord): ExitedState => ({
  phase: "exited",
  exitCode: code,
  oomKilled: oom,
  startedAt,
  finishedAt,
  error,
  ...(stopped === true ? { stopped } : {}),
});

function ignoreUnreachable(error: unknown): void {
  if (!isCode(error, "SHIM_UNREACHABLE")) throw error;
}

const lostState = ({ process, startedAt }: RunningState): ExitedState => ({
  phase: "exited",
  exitCode: isFromEarlierBoot(process) ? LOST : KILLED,
  oomKilled: false,
  startedAt,
  finishedAt: new Date().toISOString(),
  error: "",
});

async function connectOrNothing(socket: string): Promise<ShimClient | undefined> {
  // Asked first: a small container has ended by now, and an error takes longer than all the rest.
  if (!existsSync(socket)) return undefined;
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
  try {
    return await unlessAborted(client.wait(), signal);
  } catch (error) {
    if (isCode(error, "SHIM_UNREACHABLE")) return undefined;
    throw error;
  }
}
