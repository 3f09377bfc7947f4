import type { Mount } from "../../core/mount.ts";
import type { ExitStatus } from "../../core/process.ts";
import type { Abortable } from "../../core/streams.ts";
import type { OciProcess, OciSpec } from "../spec/oci.ts";
import type { HealthProbe } from "./health-probe.ts";
import type { RestartRule } from "./restart-rule.ts";

/** Where a process's bytes go. Descriptors stay the caller's. */
export type LaunchIo =
  /** Straight to these descriptors; the process is killed when the launching process goes away. */
  | { readonly kind: "descriptors"; readonly stdin: number; readonly stdout: number; readonly stderr: number }
  /** The launcher stays as the container's shim and outlives its starter. See launch/shim.ts for its client, launch/shim-protocol.ts for the socket's protocol. */
  | {
      readonly kind: "shim";
      readonly socket: string;
      /** The exit record: JSON { code, signal?, oom, startedAt, finishedAt } (times RFC 3339 with nanoseconds), written then renamed. */
      readonly exitFile: string;
      /** json-file log (Docker's format); none when absent. */
      readonly log?: LogSetup;
      readonly terminal?: { readonly columns: number; readonly rows: number };
      readonly openStdin: boolean;
      readonly stdinOnce: boolean;
      /** Where the shim tells of restarts and health: shim-state.ts. */
      readonly stateFile?: string;
      readonly restart?: RestartRule;
      readonly health?: HealthProbe;
    };

export interface LogSetup {
  readonly path: string;
  /** A file that has reached them gives way to a new one, `maxFiles` in all. */
  readonly maxBytes?: number;
  readonly maxFiles?: number;
  /** Whether the older ones are: path.1.gz and so on. */
  readonly compressed?: boolean;
  /** Entries that may wait to be written, and further ones are lost; without it the process waits for its log. */
  readonly queueBytes?: number;
  /** Of every entry. */
  readonly attributes?: Readonly<Record<string, string>>;
}

export interface LaunchRequest {
  readonly spec: OciSpec;
  /** Performed first inside the new mount namespace; the last one is the root filesystem. Instead of spec.root.path. */
  readonly rootfs: readonly Mount[];
  /** Read-only files the process sees at these paths, made for this run only; nothing of them reaches the root filesystem. */
  readonly files?: readonly LaunchFile[];
  /** Paths at which the root filesystem has an empty file, if nothing else. */
  readonly placeholders?: readonly string[];
  /** A process 1 that reaps and hands signals on stands before the container's program. */
  readonly init?: boolean;
  /** cgroup.procs files the process is written to before it runs anything. */
  readonly cgroupProcs: readonly string[];
  /** Directories removed when the process has ended, with what is still running in them. */
  readonly cgroupDirs: readonly string[];
  readonly io: LaunchIo;
  /**
   * Called when the process has its namespaces, with its id on this host, and awaited beside the making of its mounts. The shim answers then. When it
   * rejects, the launch does.
   */
  readonly connect?: ((pid: number) => Promise<void>) | undefined;
}

export interface LaunchFile {
  readonly path: string;
  readonly content: string | Uint8Array;
  readonly mode: number;
  /** Root's when absent. */
  readonly owner?: { readonly uid: number; readonly gid: number };
}

/** Something made in the root filesystem for a mount or as a placeholder, absolute and without links. */
export interface CreatedPath {
  readonly path: string;
  /** A directory above a mount point: other things may have been put into it since. */
  readonly parent: boolean;
}

export interface ExecRequest {
  /** A process whose namespaces are joined. */
  readonly pid: number;
  readonly process: OciProcess;
  readonly seccomp?: OciSpec["linux"]["seccomp"];
  readonly cgroupProcs: readonly string[];
  readonly io: LaunchIo;
}

/** A process parked before its exec, so that network and limits can be put in place. */
export interface Launched extends AsyncDisposable {
  /** As the host numbers it. */
  readonly pid: number;
  /** The launcher that stays as its parent. */
  readonly launcherPid: number;
  /** Warnings such as an rlimit the host refused. */
  readonly warnings: readonly string[];
  /** What had to be made in the root filesystem to mount on. */
  readonly created: readonly CreatedPath[];
  /**
   * Lets it exec; resolves once it has. Rejects with EXEC_NOT_FOUND (shell status 127), EXEC_DENIED (126), EXEC_FORMAT (126) or
   * LAUNCH_FAILED { operation, errno } naming the operation that failed.
   */
  go(): Promise<void>;
  /** Only for `descriptors`; a shim's container is awaited through its socket. */
  exited(): Promise<ExitStatus>;
  signal(signal: number): void;
}

export interface Launcher {
  launch(request: LaunchRequest, options?: Abortable): Promise<Launched>;
  exec(request: ExecRequest, options?: Abortable): Promise<Launched>;
}
