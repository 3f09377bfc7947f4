import { closeSync, openSync } from "node:fs";
import type { Mount, TransientMount } from "../core/mount.ts";
import type { ExitStatus, ProcessSpec } from "../core/process.ts";
import type { Abortable } from "../core/streams.ts";
import { Undo } from "../core/undo.ts";
import type { Kernel } from "../native/kernel.ts";
import type { Trees } from "../store/types.ts";
import type { ControlGroups } from "./cgroups/control-groups.ts";
import type { Launched, Launcher, LaunchFile, LaunchIo } from "./launch/launcher.ts";
import { mountLeftovers } from "./mount-leftovers.ts";
import { MountedLayers } from "./mounted-layers.ts";
import { hostsFile, resolvConfFile } from "./network/files.ts";
import { readHostResolvConf } from "./network/host-resolv-conf.ts";
import type { Networks } from "./network/networks.ts";
import { OutputPipe } from "./output-pipe.ts";
import { compileIsolation, type HostFacts } from "./spec/compile.ts";
import { DEFAULT_HOST_CONFIG } from "./spec/defaults.ts";
import { withoutOpening, withoutRootDevices } from "./spec/deviceless.ts";
import { DEFAULT_DEVICE_RULES } from "./spec/devices.ts";
import type { OciMount, OciSeccomp, OciSpec } from "./spec/oci.ts";
import type { TerminalSize } from "./terminal-size.ts";
import { openGroup, type SharedGroup, type StepGroup, type TransientResources } from "./transient-group.ts";
import { compileTransientMounts } from "./transient-mounts.ts";
import { type StepNetwork, StepNetworks, type StepReach } from "./transient-network.ts";
import { endSession, shimSession, type TransientSession } from "./transient-session.ts";

/** A command in a container that leaves nothing but its changes to `rootfs`. */
export interface TransientRequest {
  readonly rootfs: readonly Mount[];
  readonly process: ProcessSpec;
  readonly network: StepReach;
  /** Privileged, as `run --privileged` is. */
  readonly insecure: boolean;
  readonly hostname?: string;
  /** "name:ip" entries for /etc/hosts. */
  readonly extraHosts: readonly string[];
  readonly resources?: TransientResources;
  /** Names its control group, if it has limits that need one. */
  readonly id: string;
  /** Told of each directory of that group before there is a process in it. */
  readonly onCgroup: (path: string) => void;
  readonly files: readonly LaunchFile[];
  /** Mounted before the files, in order. */
  readonly mounts: readonly TransientMount[];
  readonly output: (stream: "stdout" | "stderr", bytes: Uint8Array) => void;
  /** What this host cannot do for it. */
  readonly warn: (warning: string) => void;
}

export interface TransientResult {
  readonly status: ExitStatus;
  /** Absolute paths of what had to be made in the root filesystem to mount on. */
  readonly exclude: readonly string[];
}

/** A command that somebody is connected to. */
export interface SessionRequest extends Omit<TransientRequest, "output"> {
  /** Of a terminal; without one it has plain streams. */
  readonly terminal?: TerminalSize;
  /** A directory of this command's own, for its shim. */
  readonly folder: string;
}

export interface TransientRunner extends AsyncDisposable {
  /** Starts a command with an attachment to it. Disposing ends it. Rejects if it could not be run: EXEC_NOT_FOUND, EXEC_DENIED, … */
  open(request: SessionRequest, options?: Abortable): Promise<TransientSession>;
  /** Resolves when the process has ended, however it ended. Rejects if it could not be run; an abort kills it. */
  run(request: TransientRequest, options?: Abortable): Promise<TransientResult>;
}

export interface TransientOptions {
  readonly kernel: Pick<Kernel, "openRootfs" | "pipe">;
  readonly launcher: Launcher;
  readonly networks: Networks;
  readonly cgroups: Pick<ControlGroups, "confine" | "create">;
  readonly trees: Trees;
  readonly host: HostFacts;
  readonly seccomp: (capabilities: readonly string[]) => OciSeccomp;
}

/** BuildKit's name for the machine that build steps run on: they must not see one that changes. */
const HOSTNAME = "buildkitsandbox";
/** Of all build steps of this machine, whatever their state root. */
const DEVICE_GROUP = "/slipway/build";

type Launchable = Omit<TransientRequest, "output"> & Pick<SessionRequest, "terminal">;
interface Place {
  readonly io: LaunchIo;
  readonly network: StepNetwork;
  readonly group: StepGroup;
}

/**
 * Runs build steps: no shim, no log, no control group of their own (the process namespace ends all of their processes; one they share confines devices), networks kept from one to the next.
 * Everything is gone when the caller is: the launcher kills what it started once its connection breaks.
 */
export function createTransientRunner(options: TransientOptions): TransientRunner {
  return new Runner(options);
}

class Runner implements TransientRunner {
  readonly #options: TransientOptions;
  readonly #networks: StepNetworks;
  readonly #layers: MountedLayers;
  readonly #devices: SharedGroup;
  readonly #null = openSync("/dev/null", "r");

  constructor(options: TransientOptions) {
    this.#options = options;
    this.#networks = new StepNetworks(options.networks);
    this.#layers = new MountedLayers(options.kernel);
    this.#devices = options.cgroups.confine(DEVICE_GROUP, DEFAULT_DEVICE_RULES);
  }

  async run(request: TransientRequest, options: Abortable = {}): Promise<TransientResult> {
    options.signal?.throwIfAborted();
    await using group = openGroup(request, { shared: this.#devices, cgroups: this.#options.cgroups });
    for (const warning of group.warnings) request.warn(warning);
    using layers = await this.#layers.use(request.rootfs);
    const network = await this.#networks.take(request);
    try {
      const mounted = { ...request, rootfs: layers.rootfs };
      const result = await this.#runConnected(mounted, { network, group }, options);
      network.keep();
      return result;
    } finally {
      network.close();
    }
  }

  async open(request: SessionRequest, options: Abortable = {}): Promise<TransientSession> {
    await using undo = new Undo();
    const group = openGroup(request, { shared: this.#devices, cgroups: this.#options.cgroups });
    undo.add(() => group[Symbol.asyncDispose]());
    const network = await this.#networks.take(request);
    undo.add(async () => network.close());
    const shim = shimSession(request);
    const { io, session } = shim;
    const launched = await this.#launch(request, { network, group, io }, options);
    undo.add(() => launched[Symbol.asyncDispose]());
    await network.connect(launched.pid);
    await session.connect(io.socket, { lossless: true });
    await launched.go();
    undo.keep();
    return endSession(shim, launched, async () => {
      network.close();
      await group[Symbol.asyncDispose]();
    });
  }

  async #runConnected(
    request: TransientRequest,
    place: Omit<Place, "io">,
    options: Abortable,
  ): Promise<TransientResult> {
    const stdout = this.#pipe((bytes) => request.output("stdout", bytes));
    const stderr = this.#pipe((bytes) => request.output("stderr", bytes));
    const io = {
      kind: "descriptors",
      stdin: this.#null,
      stdout: stdout.write,
      stderr: stderr.write,
    } as const;
    try {
      await using launched = await this.#launch(request, { ...place, io }, options);
      stdout.closeWrite();
      stderr.closeWrite();
      await place.network.connect(launched.pid);
      await launched.go();
      const status = await launched.exited();
      await Promise.all([stdout.drained, stderr.drained]);
      for (const warning of launched.warnings) request.warn(warning);
      return { status, exclude: await mountLeftovers(launched.created, request.rootfs, this.#options.trees) };
    } finally {
      stdout.close();
      stderr.close();
    }
  }

  #launch(request: Launchable, { network, group, io }: Place, options: Abortable): Promise<Launched> {
    const confined = request.insecure || group.devicesConfined;
    const { stage, binds } = compileTransientMounts(request.mounts);
    const spec = this.#compile(request, { network, group });
    const mounts = [...spec.mounts, ...(confined ? binds : withoutOpening(binds))];
    return this.#options.launcher.launch(
      {
        spec: { ...spec, mounts },
        rootfs: [...stage, ...(confined ? request.rootfs : withoutRootDevices(request.rootfs))],
        files: [...this.#etcFiles(request, network), ...request.files],
        cgroupProcs: group.procs,
        cgroupDirs: group.directories,
        io,
      },
      options,
    );
  }

  #compile(
    { process, insecure, hostname = HOSTNAME, resources, terminal }: Launchable,
    { network, group: { devicesConfined } }: Omit<Place, "io">,
  ): OciSpec {
    const { host, seccomp } = this.#options;
    const cgroup: readonly OciMount[] = host.cgroupNamespaces
      ? [
          {
            destination: "/sys/fs/cgroup",
            type: "cgroup2",
            source: "cgroup",
            options: ["nosuid", "noexec", "nodev"],
          },
        ]
      : [];
    return compileIsolation(
      {
        hostname,
        hostConfig: { ...DEFAULT_HOST_CONFIG, ...resources, Privileged: insecure },
        mounts: [],
        files: {},
        network: network.sharing,
        cgroup: { mounts: cgroup, devicesConfined },
        seccomp,
        host,
      },
      { ...process, tty: terminal !== undefined, consoleSize: terminal },
    );
  }

  #etcFiles(
    { network, hostname = HOSTNAME, extraHosts, resources }: Launchable,
    { endpoint: { address, gateway } }: StepNetwork,
  ): LaunchFile[] {
    const hosts = hostsFile({
      hostname,
      addresses: address === "" ? [] : [address],
      gateway: gateway === "" ? undefined : gateway,
      extraHosts,
    });
    const resolv = resolvConfFile(
      readHostResolvConf(),
      { ...DEFAULT_HOST_CONFIG, ...resources },
      network === "host" ? "host" : "private",
    );
    return [
      { path: "/etc/hosts", content: hosts, mode: 0o644 },
      { path: "/etc/resolv.conf", content: resolv, mode: 0o644 },
    ];
  }

  #pipe(output: (bytes: Uint8Array) => void): OutputPipe {
    return new OutputPipe(this.#options.kernel.pipe(), output);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    closeSync(this.#null);
    await this.#layers[Symbol.asyncDispose]();
    await this.#networks[Symbol.asyncDispose]();
  }
}
