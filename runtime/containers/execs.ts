import { Failure, isCode } from "../../core/errors.ts";
import { newId } from "../../core/ids.ts";
import { connectShim } from "../launch/shim.ts";
import { compileSpec } from "../spec/compile.ts";
import { DEFAULT_HOST_CONFIG } from "../spec/defaults.ts";
import type { OciSpec } from "../spec/oci.ts";
import { overlayEnv } from "../spec/process.ts";
import { DEFAULT_SIZE, type TerminalSize } from "../terminal-size.ts";
import type { Attachment } from "./attachment.ts";
import { ContainerFiles } from "./container-files.ts";
import { containerEvent } from "./describe-event.ts";
import type { ContainerParts } from "./parts.ts";
import { ProcessSession } from "./process-session.ts";
import { resolveIn } from "./starter.ts";
import type { RunningContainer } from "./stored-container.ts";

/** Docker Engine API "ExecConfig". */
export interface ExecRequest {
  /** Chosen by whoever tells of it before it is started; a new one otherwise. */
  readonly id?: string;
  readonly Cmd: readonly string[];
  readonly Env?: readonly string[];
  readonly WorkingDir?: string;
  readonly User?: string;
  readonly Tty?: boolean;
  readonly Privileged?: boolean;
  readonly AttachStdin?: boolean;
  readonly Detach?: boolean;
  readonly consoleSize?: TerminalSize;
}

/** An additional process of a container. Disposing lets go of it; it goes on. */
export interface ExecSession extends Attachment {
  readonly id: string;
  /** Of the process, where it is one of this host. */
  readonly pid?: number;
  /** The shell status of the process, once it has ended. */
  wait(): Promise<number>;
}

/** Starts additional processes in running containers, each with a shim of its own that outlives this process. */
export class Execs {
  readonly #parts: ContainerParts;

  constructor(parts: ContainerParts) {
    this.#parts = parts;
  }

  /** Rejects with EXEC_NOT_FOUND, EXEC_DENIED, EXEC_FORMAT, USER_UNKNOWN, … */
  async start(container: RunningContainer, request: ExecRequest): Promise<ExecSession> {
    const { id = newId() } = request;
    const files = new ContainerFiles(this.#parts.store.paths, container.id).exec(id);
    const spec = await this.#compile(container, request);
    const { seccomp } = spec.linux;
    await using launched = await this.#parts.launcher.exec({
      pid: container.state.pid,
      process: spec.process,
      ...(seccomp === undefined ? {} : { seccomp }),
      cgroupProcs: this.#parts.cgroups.open(container.state.cgroup).procs,
      io: {
        kind: "shim",
        socket: files.socket,
        exitFile: files.exit,
        ...(request.Tty === true ? { terminal: request.consoleSize ?? DEFAULT_SIZE } : {}),
        openStdin: request.AttachStdin === true,
        stdinOnce: true,
      },
    });
    const [program = "", ...args] = request.Cmd;
    // With the space behind a program without arguments, as Docker writes it.
    const command = `${program} ${args.join(" ")}`;
    const note = (action: string, detail: Readonly<Record<string, string>> = {}) =>
      this.#parts.record(containerEvent(container, action, { execID: id, ...detail }));
    note(`exec_create: ${command}`);
    const session = new ProcessSession(id, files, {
      pid: launched.pid,
      stdin: request.AttachStdin === true,
      ended: (code) => note("exec_die", { exitCode: String(code) }),
    });
    try {
      if (request.Detach !== true) await session.connect(files.socket, { lossless: true });
      note(`exec_start: ${command}`);
      await launched.go();
    } catch (error) {
      await session[Symbol.asyncDispose]();
      throw error;
    }
    return session;
  }

  /** The ids of those that run in a container, whatever process started them. */
  async running(container: string): Promise<readonly string[]> {
    const files = new ContainerFiles(this.#parts.store.paths, container);
    const ids = await Promise.all(
      files.execs().map(async (id) => ((await isReachable(files.exec(id).socket)) ? [id] : [])),
    );
    return ids.flat();
  }

  /** The container's own process with what the request says otherwise. */
  async #compile({ config, hostConfig, state }: RunningContainer, request: ExecRequest): Promise<OciSpec> {
    const [first, ...rest] = request.Cmd;
    if (first === undefined)
      throw new Failure("CONTAINER_CONFIG_INVALID", { why: "No exec command specified" });
    using tree = await this.#parts.store.trees.openDirectory(`/proc/${state.pid}/root`);
    const { host, seccompFor } = this.#parts;
    const { Privileged, CapAdd, CapDrop, SecurityOpt, OomScoreAdj, Ulimits } = hostConfig;
    return compileSpec({
      config: {
        ...config,
        Entrypoint: [first],
        Cmd: rest,
        Tty: request.Tty === true,
        Env: overlayEnv(config.Env ?? [], request.Env ?? []),
        WorkingDir: request.WorkingDir ?? config.WorkingDir ?? "",
      },
      hostConfig: {
        ...DEFAULT_HOST_CONFIG,
        CapAdd,
        CapDrop,
        SecurityOpt,
        OomScoreAdj,
        Ulimits,
        Privileged,
      },
      allCapabilities: request.Privileged === true,
      mounts: [],
      files: {},
      user: resolveIn(tree, request.User ?? config.User, hostConfig.GroupAdd),
      network: "private",
      cgroup: { mounts: [], devicesConfined: this.#parts.cgroups.open(state.cgroup).confinesDevices() },
      consoleSize: request.consoleSize,
      seccomp: await seccompFor(SecurityOpt),
      host,
    });
  }
}

async function isReachable(socket: string): Promise<boolean> {
  try {
    await using _shim = await connectShim(socket);
    return true;
  } catch (error) {
    if (isCode(error, "SHIM_UNREACHABLE")) return false;
    throw error;
  }
}
