import type { BuildEvent } from "../builder/events.ts";
import type { SecretSource } from "../builder/ports.ts";
import type { Digest } from "../core/digest.ts";
import type { Abortable } from "../core/streams.ts";
import type { Attachment } from "../runtime/containers/attachment.ts";
import type { TerminalSize } from "../runtime/terminal-size.ts";

export type BuildStatus = "running" | "completed" | "error" | "canceled";

/** What was asked for, without what is secret. */
export interface BuildAsked {
  /** The directory, or where the context came from: a URL without its password, "-". */
  readonly context: string;
  /** As it was named: "Dockerfile", "docker/app.Dockerfile". */
  readonly dockerfile: string;
  readonly target?: string;
  readonly platform?: string;
  readonly tags: readonly string[];
  readonly buildArgs: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  /** Names of `--build-context`, each with the directory or image. */
  readonly namedContexts: Readonly<Record<string, string>>;
  readonly network: string;
  readonly extraHosts: readonly string[];
  readonly noCache: boolean;
  /** Names of `--no-cache-filter`. */
  readonly noCacheStages?: readonly string[];
  readonly pull: boolean;
}

export interface BuildFault {
  /** A code of docs/errors.md, if there is one. */
  readonly code?: string;
  readonly message: string;
  /** Where in the Dockerfile; lines from 1. */
  readonly file?: string;
  readonly line?: number;
  readonly endLine?: number;
}

/** Counts of steps: those that are shown, all that have ended, and the ones of these that were cached. */
export interface StepCounts {
  readonly total: number;
  readonly completed: number;
  readonly cached: number;
}

/** One build of the history. */
export interface BuildRecord {
  readonly ref: string;
  /** What people call it: the context's folder, the Dockerfile if it has a name of its own, the target. */
  readonly name: string;
  readonly status: BuildStatus;
  readonly startedAt: Date;
  /** Absent while it runs, and when its process died. */
  readonly completedAt?: Date;
  /** Milliseconds, until now while it runs. */
  readonly duration: number;
  readonly asked: BuildAsked;
  readonly steps: StepCounts;
  readonly warnings: number;
  readonly fault?: BuildFault;
  /** The id of the image, and the digest of its manifest. */
  readonly image?: Digest;
  readonly manifest?: Digest;
  /** Bytes that its log takes in the store. */
  readonly logBytes: number;
  /** True when it wrote more than is kept. */
  readonly logTruncated: boolean;
}

export interface BuildStepRecord {
  readonly id: string;
  readonly name: string;
  readonly file?: string;
  readonly line?: number;
  readonly startedAt?: Date;
  readonly completedAt?: Date;
  /** Milliseconds. */
  readonly duration: number;
  readonly cached: boolean;
  readonly error?: string;
  /** Bytes of output. */
  readonly outputBytes: number;
  /** The id of an image or the diff id of a layer. */
  readonly result?: Digest;
  /** True of the steps that the build's duration is made of: each began when the one before it had ended. */
  readonly critical: boolean;
}

export interface BuildDetails extends BuildRecord {
  readonly stepList: readonly BuildStepRecord[];
  readonly warningList: readonly {
    readonly message: string;
    readonly rule?: string;
    readonly line?: number;
  }[];
  /** Milliseconds that the steps of the critical path took. */
  readonly criticalDuration: number;
}

export interface BuildHistoryQuery {
  /**
   * As `docker buildx history ls --filter`, all of which must hold: ref, repository and status with = and !=; startedAt, completedAt and
   * duration with <, <=, > and >=.
   */
  readonly filters?: readonly string[];
  readonly limit?: number;
}

/** What was built on this state root, by whatever process: bounded by age, number and the size of its logs. */
export interface BuildHistory {
  /** Running builds first, then the newest. Throws FILTER_UNKNOWN, OPTION_INVALID. */
  list(query?: BuildHistoryQuery): Promise<readonly BuildRecord[]>;
  /** By ref, unique prefix of one, "^0" for the newest, "^1" for the one before it, or "" for the newest. Rejects with BUILD_RECORD_UNKNOWN. */
  get(ref: string): Promise<BuildRecord>;
  inspect(ref: string): Promise<BuildDetails>;
  /** Everything it told of its progress, from the start; of one that runs, until it ends, by whatever process. */
  events(ref: string, options?: Abortable): AsyncIterable<BuildEvent>;
  /** Forgets one that has ended. Rejects with BUILD_RECORD_UNKNOWN, BUILD_RUNNING. */
  remove(ref: string): Promise<void>;
  /** Forgets all that have ended; returns their refs. */
  removeAll(): Promise<readonly string[]>;
}

export interface DebugOptions {
  /** A shell when absent: the image's own, else one that is lent. */
  readonly command?: readonly string[];
  /** Of the terminal it gets; plain streams without. */
  readonly terminal?: TerminalSize;
  /** What the build's secrets are; they were not kept. */
  readonly secrets?: SecretSource;
  readonly warn?: (warning: string) => void;
}
export interface DebugSession extends Attachment {
  /** What failed. */
  readonly command: readonly string[];
  /** What the command had that is not here any more: "secret token". */
  readonly missing: readonly string[];
  /** The shell status, once it has ended. */
  wait(): Promise<number>;
}
export interface BuildDebugger {
  /**
   * Enters the root filesystem as a failed step left it, with its mounts, environment, user and directory. What is changed there stays for the
   * next time, not in any image. Disposing ends the command. Rejects with BUILD_RECORD_UNKNOWN, BUILD_STATE_GONE, DEBUG_SHELL_MISSING,
   * EXEC_NOT_FOUND.
   */
  debug(build: string, options?: DebugOptions): Promise<DebugSession>;
}
