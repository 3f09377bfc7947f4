import { Failure } from "../../core/errors.ts";
import { parseSignal } from "../../core/signals.ts";
import type { Abortable } from "../../core/streams.ts";
import { isAlive } from "../../store/owner.ts";
import type { Tree } from "../../store/types.ts";
import type { ContainerRecord } from "../container-config.ts";
import type { LogEntry, LogOptions, LogQuery } from "../logs/log-reader.ts";
import { mountLeftovers } from "../mount-leftovers.ts";
import { publishes } from "../network/ports.ts";
import type { TerminalSize } from "../terminal-size.ts";
import { type Attachment, withLogs } from "./attachment.ts";
import { Attachments } from "./attachments.ts";
import { Changes } from "./changes.ts";
import { checkRename } from "./check-config.ts";
import { Connector } from "./connector.ts";
import { ContainerTable } from "./container-table.ts";
import { Control, type StopOptions } from "./control.ts";
import { type CreateContainer, Creator } from "./creator.ts";
import { containerEvent } from "./describe-event.ts";
import { type ExecRequest, type ExecSession, Execs } from "./execs.ts";
import { Finder } from "./finder.ts";
import { Lifecycle } from "./lifecycle.ts";
import type { ContainerParts } from "./parts.ts";
import { readLogs } from "./read-logs.ts";
import { isRevived } from "./restart-policy.ts";
import { Starter } from "./starter.ts";
import { type ContainerSample, sample } from "./stats.ts";
import { listProcesses, type ProcessTable } from "./top.ts";
import { type ContainerUpdate, Updater } from "./updater.ts";
import { type WaitCondition, waitForContainer } from "./wait.ts";

/**
 * The containers of a state root. A container is named by its full id, its name, or a unique prefix of its id; methods reject with
 * CONTAINER_UNKNOWN and CONTAINER_AMBIGUOUS. What is true of a container is asked of the kernel and its shim, never of the database alone, and
 * changes are serialised per container across all processes.
 */
export class ContainerManager {
  readonly #parts: ContainerParts;
  readonly #table: ContainerTable;
  readonly #changes = new Changes();
  readonly #lifecycle: Lifecycle;
  readonly #creator: Creator;
  readonly #control: Control;
  readonly #starter: Starter;
  readonly #execs: Execs;
  readonly #updater: Updater;
  readonly connections: Connector;
  readonly #finder: Finder;
  readonly #attachments: Attachments;

  constructor(parts: ContainerParts) {
    this.#parts = parts;
    this.#table = new ContainerTable(parts.store.database);
    this.#lifecycle = new Lifecycle(parts, this.#table, this.#changes);
    this.#creator = new Creator(parts, this.#table, this.#lifecycle);
    this.connections = new Connector(parts, this.#table, this.#lifecycle);
    this.#control = new Control(parts, this.#lifecycle);
    this.#starter = new Starter(parts, this.#table);
    this.#execs = new Execs(parts);
    this.#updater = new Updater(parts, this.#table, this.#lifecycle);
    this.#finder = new Finder(parts, this.#table, this.#lifecycle);
    this.#attachments = new Attachments(this.#lifecycle);
  }

  hasName(name: string): boolean {
    return this.#table.hasName(name);
  }

  /** Makes a container without starting it. Rejects with CONTAINER_NAME_TAKEN and whatever checkConfig() finds; nothing is left then. */
  create(request: CreateContainer): Promise<string> {
    return this.#creator.create(request);
  }

  list(): Promise<readonly ContainerRecord[]> {
    return this.#finder.list();
  }

  async get(text: string): Promise<ContainerRecord> {
    return this.#finder.record(await this.#finder.find(text));
  }

  /** Starts it; does nothing when it runs. Returns warnings: what this host could not do. Rejects with CONTAINER_PAUSED, EXEC_NOT_FOUND, … */
  async start(text: string): Promise<readonly string[]> {
    const { id, hostConfig } = this.#table.find(text);
    // A container whose end nobody noticed yet may still hold a port.
    if (publishes(hostConfig)) await this.list();
    await using _lock = await this.#lifecycle.lock(id);
    const container = await this.#lifecycle.observeLocked(id);
    if (container === undefined) throw new Failure("CONTAINER_UNKNOWN", { container: text });
    if (container.state.phase === "running") {
      if (!this.#finder.group(container.state).frozen()) return [];
      throw new Failure("CONTAINER_PAUSED", { container: id, to: "starting it" });
    }
    const waiting = this.#attachments.take(id);
    const size = waiting.findLast((attachment) => attachment.size !== undefined)?.size;
    const beforeRun = async (socket: string): Promise<void> => {
      await Promise.all(waiting.map((attachment) => attachment.connect(socket, { lossless: true })));
    };
    try {
      const warnings = await this.#starter.start(container, { size, beforeRun });
      this.#parts.record(containerEvent(container, "start"));
      return warnings;
    } catch (error) {
      for (const attachment of waiting) attachment.cancel();
      if (container.hostConfig.AutoRemove) await this.#lifecycle.remove(container, { volumes: true });
      throw error;
    } finally {
      this.#changes.announce(id);
    }
  }

  /**
   * Starts what its restart policy wants to run whenever somebody takes up looking after this root; one that cannot be started is told of.
   * A container that merely lost its last watcher runs on and is left alone.
   */
  async revive(report: (failed: { readonly name: string; readonly error: unknown }) => void): Promise<void> {
    await this.list();
    for (const { id, name } of this.#table.list().filter(isRevived))
      await this.start(id).catch((error: unknown) => report({ name, error }));
  }

  /** Signals it to end and kills it when it does not; does nothing when it does not run. */
  async stop(text: string, options: StopOptions = {}): Promise<void> {
    const { state, ...container } = await this.#finder.find(text);
    if (state.phase === "running") await this.#control.stop({ ...container, state }, options);
  }

  /** Rejects with CONTAINER_NOT_RUNNING, SIGNAL_INVALID. A paused container gets SIGKILL at once, anything else when it goes on. */
  async kill(text: string, signal: string): Promise<void> {
    const number = parseSignal(signal);
    await this.#control.kill(await this.#finder.findRunning(text), number);
  }

  async restart(text: string, options: StopOptions = {}): Promise<readonly string[]> {
    const container = this.#table.find(text);
    await this.stop(container.id, options);
    const warnings = await this.start(container.id);
    this.#parts.record(containerEvent(container, "restart"));
    return warnings;
  }

  /** Rejects with CONTAINER_NOT_RUNNING, CONTAINER_ALREADY_PAUSED, CGROUP_FAILED. */
  async pause(text: string): Promise<void> {
    await this.#control.pause(await this.#finder.findProcess(text));
  }

  /** Rejects with CONTAINER_NOT_PAUSED. */
  async unpause(text: string): Promise<void> {
    await this.#control.unpause(await this.#finder.find(text));
  }

  /** See waitForContainer(). */
  wait(text: string, condition: WaitCondition = "not-running", options: Abortable = {}) {
    const { id } = this.#table.find(text);
    const { exitCodeOf } = this.#parts;
    const parts = { table: this.#table, lifecycle: this.#lifecycle, changes: this.#changes, exitCodeOf };
    return waitForContainer(id, condition, parts, options);
  }

  /** Returns warnings: what this host cannot limit. Rejects with CONTAINER_CONFIG_INVALID, CGROUP_FAILED. */
  update(text: string, changes: ContainerUpdate): Promise<readonly string[]> {
    return this.#updater.update(this.#table.find(text).id, changes);
  }

  /** For a container that does not run the attachment begins with its next start by this process, before its process runs. */
  async attach(
    text: string,
    options: { readonly stdin: boolean; readonly logs?: boolean },
  ): Promise<Attachment> {
    const container = await this.#finder.find(text);
    this.#parts.record(containerEvent(container, "attach"));
    const attachment = await this.#attachments.attach(container, options);
    if (options.logs !== true) return attachment;
    return withLogs(attachment, this.logs(container.id, { stdout: true, stderr: true, follow: false }));
  }

  /** Of the terminal of its process. Rejects with CONTAINER_NOT_RUNNING. */
  async resize(text: string, size: TerminalSize): Promise<void> {
    await this.#control.resize(await this.#finder.findProcess(text), size);
  }

  /** Rejects with CONTAINER_NOT_RUNNING, CONTAINER_PAUSED, EXEC_NOT_FOUND, EXEC_DENIED, USER_UNKNOWN, … */
  async exec(text: string, request: ExecRequest): Promise<ExecSession> {
    const container = await this.#finder.findProcess(text);
    if (this.#finder.group(container.state).frozen())
      throw new Failure("CONTAINER_PAUSED", { container: text, to: "exec" });
    return this.#execs.start(container, request);
  }

  /** The ids of its additional processes that run. */
  async execs(text: string): Promise<readonly string[]> {
    return this.#execs.running((await this.#finder.find(text)).id);
  }

  async *logs(text: string, query: LogQuery, options: LogOptions = {}): AsyncGenerator<LogEntry> {
    yield* readLogs(await this.#finder.find(text), { query, lifecycle: this.#lifecycle }, options);
  }

  async top(text: string, psArgs: readonly string[]): Promise<ProcessTable> {
    const { state } = await this.#finder.findProcess(text);
    return listProcesses(this.#finder.group(state).pids(), psArgs);
  }

  /** What it has used up to now; undefined when it has no processes. */
  async sample(text: string): Promise<ContainerSample | undefined> {
    const { state, hostConfig } = await this.#finder.find(text);
    return state.phase === "running" ? sample(state, this.#finder.group(state), hostConfig) : undefined;
  }

  /** Rejects with CONTAINER_NAME_INVALID, CONTAINER_NAME_TAKEN. */
  async rename(text: string, name: string): Promise<void> {
    const container = this.#table.find(text);
    const { id, name: current } = container;
    checkRename(current, name);
    await using _lock = await this.#lifecycle.lock(id);
    this.#table.rename(id, name);
    await this.#parts.networks.renamed(id);
    this.#parts.record(containerEvent({ ...container, name }, "rename", { oldName: `/${current}` }));
  }

  /** Rejects with CONTAINER_RUNNING unless `force`; `volumes` takes its anonymous volumes too. */
  async remove(
    text: string,
    options: { readonly force?: boolean; readonly volumes?: boolean } = {},
  ): Promise<void> {
    const { id, name } = this.#table.find(text);
    await using _lock = await this.#lifecycle.lock(id);
    let container = await this.#lifecycle.observeLocked(id);
    if (container?.state.phase === "running") {
      const { state } = this.#finder.record(container);
      if (options.force !== true)
        throw new Failure("CONTAINER_RUNNING", { container: name, state: state.status });
      await this.#lifecycle.kill(container);
      container = await this.#lifecycle.observeLocked(id);
    }
    if (container !== undefined)
      await this.#lifecycle.remove(container, { volumes: options.volumes === true });
  }

  /** Its root filesystem, to read and to write: as its process sees it while it runs, without its mounts else. The caller disposes it. */
  async openRoot(text: string): Promise<Tree> {
    const { id, state } = await this.#finder.find(text);
    const { store } = this.#parts;
    if (state.phase === "running" && state.waiting === undefined)
      return store.trees.openDirectory(`/proc/${state.pid}/root`);
    return store.trees.open(await store.snapshots.mounts(id), { writable: true });
  }

  /** Paths that only exist in its root filesystem because something was mounted on them: no part of an image made of it. */
  async mountLeftovers(text: string): Promise<readonly string[]> {
    const { id, created } = this.#table.find(text);
    const { snapshots, trees } = this.#parts.store;
    return mountLeftovers(created, await snapshots.mounts(id), trees);
  }

  /** Deals with what ended while nobody looked, and gives back what processes that are gone held. */
  async sweep(): Promise<void> {
    await this.list();
    const runs = (id: string): boolean => this.#table.byId(id)?.state.phase === "running";
    await this.#parts.networks.sweep((user) =>
      "process" in user ? !isAlive(user.process) : !runs(user.container),
    );
  }
}
