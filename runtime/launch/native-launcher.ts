import { closeSync, existsSync } from "node:fs";
import { dirname, join } from "node:path";
import type { ExitStatus } from "../../core/process.ts";
import type { Abortable } from "../../core/streams.ts";
import type { KernelProcesses } from "../../native/kernel.ts";
import type { OciSeccomp } from "../spec/oci.ts";
import { compileJoin, compileLaunch } from "./compile.ts";
import { encodeProgram, type LaunchSetup, type ProbeSetup } from "./encode.ts";
import type { CreatedPath, ExecRequest, Launched, Launcher, LaunchIo, LaunchRequest } from "./launcher.ts";
import type { LaunchProgram } from "./ops.ts";
import { LaunchSession, type Ready, type SessionOptions } from "./session.ts";

export interface NativeLauncherOptions {
  readonly kernel: Pick<KernelProcesses, "sealProgram" | "spawn" | "waitPidfd" | "socketPair">;
  /** The static launcher's file. */
  readonly path: string;
  /** Compiles a filter; see runtime/seccomp. */
  readonly compileSeccomp: (profile: OciSeccomp) => Uint8Array;
}

interface StartRequest extends Pick<LaunchRequest, "io" | "cgroupProcs" | "cgroupDirs" | "connect"> {
  readonly probe?: ProbeSetup | undefined;
}

type ShimIo = Extract<LaunchIo, { kind: "shim" }>;
const shimOf = (io: LaunchIo): ShimIo | undefined => (io.kind === "shim" ? io : undefined);

/**
 * How a process gets into its groups. A v1 hierarchy has a `tasks` file, through which a single-threaded process moves itself
 * without the lock over all processes that cgroup.procs takes; into a v2 group it is cloned, which needs no move at all.
 */
export function splitCgroups(procs: readonly string[]): Pick<LaunchSetup, "cgroup2" | "cgroupFiles"> {
  const entries = procs.map((path) => {
    const tasks = join(dirname(path), "tasks");
    return { path, tasks: existsSync(tasks) ? tasks : undefined };
  });
  const unified = entries.find(({ tasks }) => tasks === undefined);
  return {
    cgroup2: unified === undefined ? undefined : dirname(unified.path),
    cgroupFiles: entries.filter((entry) => entry !== unified).map(({ path, tasks }) => tasks ?? path),
  };
}

/** Tells the reader of a list of processes what it is. */
const NAME = "slipway-launcher";

/** The launcher on native/launcher. */
export class NativeLauncher implements Launcher {
  readonly #options: NativeLauncherOptions;
  /** The launcher's file, opened once: it stays the same while this process runs. */
  #program: string | number | undefined;

  constructor(options: NativeLauncherOptions) {
    this.#options = options;
  }

  async launch(request: LaunchRequest, options: Abortable = {}): Promise<Launched> {
    const { spec } = request;
    const program = compileLaunch(spec, {
      rootfs: request.rootfs,
      files: request.files,
      placeholders: request.placeholders,
      init: request.init,
      terminal: shimOf(request.io)?.terminal,
      seccomp: this.#filter(spec.linux.seccomp),
    });
    const { uidMappings: uid = [], gidMappings: gid = [] } = spec.linux;
    const probe = this.#compileProbe(request);
    return this.#start(
      program,
      { ...request, probe },
      { ...options, ops: program.ops, idMaps: { uid, gid } },
    );
  }

  /** A health check is the container's process with another command; the shim fills in whom it joins. */
  #compileProbe({ spec, io, cgroupProcs }: LaunchRequest): ProbeSetup | undefined {
    const health = shimOf(io)?.health;
    if (health === undefined) return undefined;
    const process = { ...spec.process, args: health.args, terminal: false };
    const program = compileJoin(0, process, { seccomp: this.#filter(spec.linux.seccomp) });
    const setup = { ...splitCgroups(cgroupProcs), cgroupDirs: [] };
    return { ...health, program: encodeProgram(program, setup) };
  }

  async exec(request: ExecRequest, options: Abortable = {}): Promise<Launched> {
    const program = compileJoin(request.pid, request.process, {
      terminal: shimOf(request.io)?.terminal,
      seccomp: this.#filter(request.seccomp),
    });
    return this.#start(program, { ...request, cgroupDirs: [] }, { ...options, ops: program.ops });
  }

  #filter(profile: OciSeccomp | undefined): Uint8Array | undefined {
    return profile === undefined ? undefined : this.#options.compileSeccomp(profile);
  }

  async #start(
    program: LaunchProgram,
    { io, cgroupProcs, cgroupDirs, connect, probe }: StartRequest,
    options: SessionOptions,
  ): Promise<Launched> {
    const shim = shimOf(io);
    const setup: LaunchSetup = {
      ...splitCgroups(cgroupProcs),
      cgroupDirs,
      shim:
        shim === undefined ? undefined : { ...shim, terminal: shim.terminal !== undefined, health: probe },
    };
    const bytes = encodeProgram(program, setup);
    const { session, ended } = this.#spawn(io, options);
    session.send({ type: "program", program: bytes });
    try {
      const connected = connect === undefined ? undefined : connectTo(session, connect);
      const ready = await session.ready;
      await connected;
      return new LaunchedProcess(ready, { session, ended, detached: shim !== undefined });
    } catch (error) {
      await leave({ session, ended, detached: shim !== undefined });
      throw error;
    }
  }

  #spawn(
    io: LaunchIo,
    options: SessionOptions,
  ): { readonly session: LaunchSession; readonly ended: Promise<void> } {
    const { kernel, path } = this.#options;
    this.#program ??= kernel.sealProgram(path) ?? path;
    const [ours, theirs] = kernel.socketPair();
    const streams = io.kind === "descriptors" ? [io.stdin, io.stdout, io.stderr] : [theirs, theirs, theirs];
    try {
      const { pidfd } = kernel.spawn(this.#program, [NAME], [...streams, theirs]);
      const ended = kernel.waitPidfd(pidfd).then(() => closeSync(pidfd));
      return { session: new LaunchSession(ours, options), ended };
    } catch (error) {
      closeSync(ours);
      throw error;
    } finally {
      closeSync(theirs);
    }
  }
}

/** Beside a launch, whose own failure is told first. */
function connectTo(session: LaunchSession, connect: (pid: number) => Promise<void>): Promise<void> {
  const connected = session.cloned.then(({ pid }) => connect(pid));
  connected.catch(() => undefined);
  return connected;
}

interface LaunchedParts {
  readonly session: LaunchSession;
  /** The spawned launcher has ended: at once for a shim, whose child it leaves behind. */
  readonly ended: Promise<void>;
  readonly detached: boolean;
}

/** Whoever abandons a container may start it anew at once, with control groups of the same names. */
async function leave({ session, ended, detached }: LaunchedParts): Promise<void> {
  if (detached) await session.hangUp();
  else session.close();
  await ended;
}

class LaunchedProcess implements Launched {
  readonly pid: number;
  readonly launcherPid: number;
  readonly #parts: LaunchedParts;

  constructor({ pid, launcher }: Ready, parts: LaunchedParts) {
    this.pid = pid;
    this.launcherPid = launcher;
    this.#parts = parts;
  }

  get warnings(): readonly string[] {
    return this.#parts.session.warnings;
  }

  get created(): readonly CreatedPath[] {
    return this.#parts.session.created;
  }

  async go(): Promise<void> {
    const { session, detached } = this.#parts;
    session.send({ type: "go" });
    await session.started;
    // From here on the shim is spoken to through its own socket.
    if (detached) session.close();
  }

  exited(): Promise<ExitStatus> {
    return this.#parts.session.exited;
  }

  signal(signal: number): void {
    this.#parts.session.send({ type: "signal", signal });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await leave(this.#parts);
  }
}
