import { posix } from "node:path";
import { Failure } from "../../core/errors.ts";
import { Undo } from "../../core/undo.ts";
import { type ResolvedUser, resolveUser, withGroups } from "../../core/user.ts";
import { ownerOf } from "../../store/owner.ts";
import type { Tree } from "../../store/types.ts";
import type { ControlGroup } from "../cgroups/control-groups.ts";
import type { EndpointRecord, HostConfig } from "../container-config.ts";
import type { Launched, LaunchIo, LaunchRequest } from "../launch/launcher.ts";
import type { SeccompResolver } from "../seccomp/resolve.ts";
import { compileSpec } from "../spec/compile.ts";
import { withoutRootDevices } from "../spec/deviceless.ts";
import { type GrantedDevice, grantDevices } from "../spec/granted-devices.ts";
import { findDevices } from "../spec/host-facts.ts";
import type { OciSpec } from "../spec/oci.ts";
import { compileResources } from "../spec/resources.ts";
import { DEFAULT_SIZE, type TerminalSize } from "../terminal-size.ts";
import { placeVolumes } from "../volumes/volume-mounts.ts";
import { routeOut } from "./connections.ts";
import { ContainerFiles } from "./container-files.ts";
import type { ContainerTable } from "./container-table.ts";
import { mountEvents, networkEvent } from "./describe-event.ts";
import { healthProbe } from "./health-check.ts";
import { linkEnv } from "./links.ts";
import { containerLog } from "./log-options.ts";
import { checkMemoryVolumes } from "./memory-volumes.ts";
import { needsNames, serveNames } from "./name-service.ts";
import { processSharing } from "./namespace-modes.ts";
import { type NetworkPlan, planNetwork } from "./network-plan.ts";
import type { ContainerParts } from "./parts.ts";
import { restartRule } from "./restart-policy.ts";
import type { StoredContainer } from "./stored-container.ts";

const DEFAULT_CGROUP_PARENT = "/slipway";
/** Of a container's terminal as long as nobody at it has one. */
const sizeOf = ({ ConsoleSize: [rows, columns] }: HostConfig): TerminalSize =>
  rows > 0 && columns > 0 ? { rows, columns } : DEFAULT_SIZE;

/** Shell statuses of a start that failed, by the failure's code; 128 else. As Docker has them. */
const EXIT_CODES: Readonly<Record<string, number>> = {
  EXEC_NOT_FOUND: 127,
  EXEC_DENIED: 126,
  EXEC_FORMAT: 126,
};
export const startExitCode = (error: unknown): number =>
  error instanceof Failure ? (EXIT_CODES[error.code] ?? 128) : 128;

export interface StartOptions {
  readonly size?: TerminalSize | undefined;
  /** Called when the shim answers at `socket` and before the process runs. */
  readonly beforeRun: (socket: string) => Promise<void>;
}

/** Reads the users of a root filesystem. Throws USER_UNKNOWN, GROUP_UNKNOWN. */
export const resolveIn = (
  tree: Tree,
  user: string | undefined,
  groups: readonly string[] = [],
): ResolvedUser => {
  const database = { passwd: tree.readText("/etc/passwd"), group: tree.readText("/etc/group") };
  return withGroups(resolveUser(user ?? "", database), groups, database);
};

/** Takes a container from its row to a running process. */
export class Starter {
  readonly #parts: ContainerParts;
  readonly #table: ContainerTable;

  constructor(parts: ContainerParts, table: ContainerTable) {
    this.#parts = parts;
    this.#table = table;
  }

  /**
   * Starts a container that does not run, under its lock. Returns warnings. What was reserved is given back when it fails; the row then
   * says why.
   */
  async start(container: StoredContainer, options: StartOptions): Promise<readonly string[]> {
    try {
      return await this.#start(container, options);
    } catch (error) {
      this.#table.setState(container.id, {
        phase: "created",
        error: (error as Error).message,
        exitCode: startExitCode(error),
      });
      throw error;
    }
  }

  async #start(container: StoredContainer, options: StartOptions): Promise<readonly string[]> {
    const { networks, cgroups } = this.#parts;
    await using undo = new Undo();
    const files = new ContainerFiles(this.#parts.store.paths, container.id);
    files.make();
    files.clearRun();
    const network = await planNetwork(container, this.#parts, this.#table);
    const { endpoints } = network;
    undo.add(() => networks.release(endpoints));
    const devices = grantDevices(container.hostConfig.Devices, findDevices);
    const { group, warnings, devicesConfined } = cgroups.create(
      cgroupPath(container.id, container.hostConfig),
      compileResources(container.hostConfig, devices),
    );
    undo.add(() => group.remove());
    const connect = async (pid: number): Promise<void> => {
      await Promise.all([this.#connect(container, endpoints, pid), options.beforeRun(files.socket)]);
    };
    // What is set for all links has to be set before there are any.
    const early = Object.keys(container.hostConfig.Sysctls).length === 0;
    const launched = await this.#launch({
      container,
      files,
      network,
      group,
      devicesConfined,
      devices,
      size: options.size,
      connect: early ? connect : undefined,
    });
    undo.add(() => launched[Symbol.asyncDispose]());
    if (!early) await connect(launched.pid);
    this.#noteRunning(container, launched, { endpoints, cgroup: group.path });
    await launched.go();
    undo.keep();
    for (const event of mountEvents(container, "mount")) this.#parts.record(event);
    for (const endpoint of endpoints) this.#parts.record(networkEvent(endpoint, container.id, "connect"));
    await launched[Symbol.asyncDispose]();
    return [...network.warnings, ...warnings, ...launched.warnings];
  }

  async #connect(
    container: StoredContainer,
    endpoints: readonly EndpointRecord[],
    pid: number,
  ): Promise<void> {
    const { networks } = this.#parts;
    for (const endpoint of endpoints) await networks.attach(endpoint, pid);
    await routeOut(networks, pid, { endpoints });
    if (needsNames(endpoints)) await serveNames(container, pid, this.#parts);
  }

  /** Before it runs: a crash then leaves a row that is found to have ended. */
  #noteRunning(
    container: StoredContainer,
    { pid, launcherPid, created }: Launched,
    held: Pick<Extract<StoredContainer["state"], { phase: "running" }>, "endpoints" | "cgroup">,
  ): void {
    const process = ownerOf(pid);
    const shim = ownerOf(launcherPid);
    if (process === undefined || shim === undefined)
      throw new Failure("CONTAINER_NOT_RUNNING", { container: container.id });
    const startedAt = new Date().toISOString();
    const { store, volumes } = this.#parts;
    store.database
      .transaction(() => {
        checkMemoryVolumes(container, volumes, this.#table);
        if (created.length > 0)
          this.#table.update({ ...container, created: [...container.created, ...created] });
        this.#table.setState(container.id, { phase: "running", pid, process, shim, startedAt, ...held });
      })
      .immediate();
  }

  async #launch(request: {
    readonly container: StoredContainer;
    readonly files: ContainerFiles;
    readonly network: NetworkPlan;
    readonly group: ControlGroup;
    readonly devicesConfined: boolean;
    readonly devices: readonly GrantedDevice[];
    readonly size: TerminalSize | undefined;
    readonly connect: LaunchRequest["connect"];
  }): Promise<Launched> {
    const { container, files, group, size } = request;
    const deviceless = !(request.devicesConfined || container.hostConfig.Privileged);
    const { trees, snapshots } = this.#parts.store;
    const { stage, points } = await placeVolumes(container.mounts, {
      volumes: this.#parts.volumes,
      trees,
      image: async () => trees.open(await snapshots.view(container.layers)),
    });
    const rootfs = await snapshots.mounts(container.id);
    using tree = await trees.open(rootfs);
    const user = resolveIn(tree, container.config.User, container.hostConfig.GroupAdd);
    const seccomp = await this.#parts.seccompFor(container.hostConfig.SecurityOpt);
    return await this.#parts.launcher.launch({
      spec: this.#compile({ ...container, mounts: points }, { ...request, user, seccomp }),
      rootfs: [...stage, ...(deviceless ? withoutRootDevices(rootfs) : rootfs)],
      placeholders: [DOCKER_MARK],
      init: container.hostConfig.Init,
      cgroupProcs: group.procs,
      cgroupDirs: group.directories,
      io: await shimIo(container, files, size),
      connect: request.connect,
    });
  }

  #compile(
    { name, config, hostConfig, mounts }: StoredContainer,
    {
      network,
      group,
      devicesConfined,
      devices,
      user,
      seccomp,
      size,
    }: {
      readonly network: NetworkPlan;
      readonly group: ControlGroup;
      readonly devicesConfined: boolean;
      readonly devices: readonly GrantedDevice[];
      readonly user: ResolvedUser;
      readonly seccomp: SeccompResolver;
      readonly size: TerminalSize | undefined;
    },
  ): OciSpec {
    return compileSpec({
      config: {
        ...config,
        Hostname: network.hostname,
        Env: [...linkEnv(name, network.links), ...(config.Env ?? [])],
      },
      hostConfig,
      mounts,
      files: network.files,
      user,
      network: network.namespace,
      ...processSharing(hostConfig, this.#table),
      devices,
      cgroup: { path: group.path, mounts: group.mounts, devicesConfined },
      consoleSize: size ?? sizeOf(hostConfig),
      seccomp,
      host: this.#parts.host,
    });
  }
}

/** By which programs know that they run in a container of Docker's kind. */
const DOCKER_MARK = "/.dockerenv";

const cgroupPath = (id: string, { CgroupParent }: HostConfig): string =>
  posix.join("/", CgroupParent === "" ? DEFAULT_CGROUP_PARENT : CgroupParent, id);

async function shimIo(
  container: StoredContainer,
  files: ContainerFiles,
  size: TerminalSize | undefined,
): Promise<LaunchIo> {
  const { config, hostConfig } = container;
  const health = healthProbe(config);
  const options = await containerLog(container);
  const log = options === undefined ? {} : { log: { path: files.log, ...options } };
  return {
    kind: "shim",
    socket: files.socket,
    exitFile: files.exit,
    ...log,
    ...(config.Tty ? { terminal: size ?? sizeOf(hostConfig) } : {}),
    openStdin: config.OpenStdin,
    stdinOnce: config.StdinOnce,
    stateFile: files.state,
    restart: restartRule(hostConfig.RestartPolicy),
    ...(health === undefined ? {} : { health }),
  };
}
