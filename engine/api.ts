import type { Digest } from "../core/digest.ts";
import type { Platform } from "../core/platform.ts";
import type { Abortable, ByteStream } from "../core/streams.ts";
import type { ContainerRecord, HostConfig, ProcessConfig } from "../runtime/container-config.ts";
import type { Attachment } from "../runtime/containers/attachment.ts";
import type { ContainerUpdate } from "../runtime/containers/updater.ts";
import type { LogEntry, LogOptions, LogQuery } from "../runtime/logs/log-reader.ts";
import type { MountConfig } from "../runtime/mount-config.ts";
import type { Change } from "../store/snapshotter.ts";
import type { BuildService } from "./build-api.ts";
import type { BuildDebugger, BuildHistory } from "./build-history-api.ts";
import type { DistributionService } from "./distribution-api.ts";
import type { EventService } from "./events-api.ts";
import type { ExecCreate, ExecService, ExecSession, TerminalSize } from "./exec-api.ts";
import type { ImageService } from "./image-api.ts";
import type { EndpointConfig, NetworkService } from "./network-api.ts";
import type { RegistryService } from "./registry/api.ts";
import type { SystemService } from "./system-api.ts";

export type * from "./build-api.ts";
export type * from "./build-cache-api.ts";
export type * from "./build-history-api.ts";
export type * from "./distribution-api.ts";
export type * from "./events-api.ts";
export type * from "./exec-api.ts";
export type * from "./image-api.ts";
export type * from "./network-api.ts";
export type * from "./registry/access-api.ts";
export type * from "./registry/api.ts";
export type * from "./system-api.ts";
// What a command or a route handles besides the services themselves.
export type {
  Attachment,
  ContainerRecord,
  ContainerUpdate,
  HostConfig,
  LogEntry,
  LogOptions,
  LogQuery,
  MountConfig,
  ProcessConfig,
};

/**
 * The product without HTTP: one service per resource. The command line and the daemon depend on these types only; an engine is embedded
 * (compose.ts) or remote. Names and ids are resolved here as Docker resolves them: full id, name, then unique id prefix.
 */
export interface Engine extends AsyncDisposable {
  readonly images: ImageService;
  readonly containers: ContainerService;
  readonly execs: ExecService;
  readonly builds: BuildService;
  readonly buildHistory: BuildHistory;
  readonly buildDebugger: BuildDebugger;
  readonly volumes: VolumeService;
  readonly networks: NetworkService;
  readonly distribution: DistributionService;
  readonly events: EventService;
  readonly system: SystemService;
  readonly registry: RegistryService;
}

// ── containers ──────────────────────────────────────────────────────────────────────────────────────
export interface ContainerCreate {
  readonly name?: string;
  readonly platform?: Platform;
  /** Absent fields come from the image. */
  readonly config: Partial<ProcessConfig> & { readonly Image: string };
  readonly hostConfig: Partial<HostConfig>;
  /** Networks besides that of its NetworkMode, or how it is connected to that one: by name. */
  readonly networks?: Readonly<Record<string, Partial<EndpointConfig>>>;
}
export interface ContainerFilter {
  readonly all?: boolean;
  readonly limit?: number;
  /** As `docker ps -f`: name, id, label, status, ancestor, exited, volume, network, before, since, publish, expose. */
  readonly filters?: Readonly<Record<string, readonly string[]>>;
}
/** What is told of a container. */
export type ContainerInfo = Omit<ContainerRecord, "layers">;
export interface ContainerService {
  create(
    request: ContainerCreate,
    options?: Abortable,
  ): Promise<{ readonly id: string; readonly warnings: readonly string[] }>;
  /** Starts what its restart policy wants to run whenever an engine takes up its work; tells of one that cannot be started. */
  revive(report: (failed: { readonly name: string; readonly error: unknown }) => void): Promise<void>;
  /** Returns warnings: what this host could not do. */
  start(container: string): Promise<readonly string[]>;
  /** A negative time-out waits for ever. */
  stop(container: string, options?: { readonly timeoutMs?: number; readonly signal?: string }): Promise<void>;
  restart(
    container: string,
    options?: { readonly timeoutMs?: number; readonly signal?: string },
  ): Promise<readonly string[]>;
  kill(container: string, signal: string): Promise<void>;
  pause(container: string): Promise<void>;
  unpause(container: string): Promise<void>;
  wait(
    container: string,
    condition?: "not-running" | "next-exit" | "removed",
    options?: Abortable,
  ): Promise<{ readonly exitCode: number; readonly error?: string }>;
  /** With `logs`, what was written before comes first. For a container not started yet, the attachment begins with its start. */
  attach(
    container: string,
    options: { readonly stdin: boolean; readonly logs?: boolean },
  ): Promise<Attachment>;
  exec(container: string, request: ExecCreate, options?: Abortable): Promise<ExecSession>;
  /** Of the terminal of its process. Rejects with CONTAINER_NOT_RUNNING. */
  resize(container: string, size: TerminalSize): Promise<void>;
  logs(container: string, query: LogQuery, options?: LogOptions): AsyncIterable<LogEntry>;
  list(filter?: ContainerFilter): Promise<readonly ContainerInfo[]>;
  get(container: string): Promise<ContainerInfo>;
  /** The document of Docker Engine API GET /containers/{id}/json. */
  inspect(
    container: string,
    options?: { readonly size?: boolean },
  ): Promise<Readonly<Record<string, unknown>>>;
  size(container: string): Promise<{ readonly written: number; readonly total: number }>;
  top(
    container: string,
    psArgs: readonly string[],
  ): Promise<{ readonly titles: readonly string[]; readonly processes: readonly (readonly string[])[] }>;
  /**
   * Documents of Docker Engine API GET /containers/{id}/stats: one a second until the container is removed, or one. All zero for one that does
   * not run.
   */
  stats(
    container: string,
    options: StatsOptions & Abortable,
  ): AsyncIterable<Readonly<Record<string, unknown>>>;
  changes(container: string): Promise<readonly Change[]>;
  rename(container: string, name: string): Promise<void>;
  /** Changes limits and restart policy, at once if it runs; zero leaves a field as it is. Returns warnings. */
  update(container: string, changes: ContainerUpdate): Promise<readonly string[]>;
  /** Rejects with CONTAINER_RUNNING unless `force`. */
  remove(
    container: string,
    options?: { readonly force?: boolean; readonly volumes?: boolean },
  ): Promise<void>;
  /** Those that do not run. `filters`: until, label, label!. Throws FILTER_UNKNOWN. */
  prune(options?: {
    readonly filters?: Readonly<Record<string, readonly string[]>>;
  }): Promise<{ readonly removed: readonly string[]; readonly bytes: number }>;
  commit(
    container: string,
    options: {
      readonly reference?: string;
      readonly message?: string;
      readonly author?: string;
      /** Wins over what the container has; changes are applied on top. */
      readonly config?: Partial<ProcessConfig>;
      readonly changes?: readonly string[];
      readonly pause?: boolean;
    },
  ): Promise<Digest>;
  /** The root filesystem as a tar. */
  export(container: string, options?: Abortable): ByteStream;
  /** `path` inside the container as a tar whose first entry is its base name; links at `path` itself are not followed. */
  readArchive(
    container: string,
    path: string,
    options?: Abortable,
  ): Promise<{ readonly stat: PathStat; readonly tar: ByteStream }>;
  statPath(container: string, path: string): Promise<PathStat>;
  /**
   * Unpacks a tar, compressed or not, into the directory `path` of the container; nothing can leave its root. With `keepDirectories` nothing that is
   * there turns from a directory into something else, or back. Rejects with CONTAINER_PATH_UNKNOWN, ARCHIVE_INVALID.
   */
  writeArchive(
    container: string,
    path: string,
    tar: ByteStream,
    options?: { readonly copyOwner?: boolean; readonly keepDirectories?: boolean } & Abortable,
  ): Promise<void>;
}
export interface StatsOptions {
  readonly stream: boolean;
  /** At once, without the former state of the counters to compare with. */
  readonly oneShot?: boolean;
}
export interface PathStat {
  readonly name: string;
  readonly size: number;
  /** Go's os.FileMode bits, as the Engine API's X-Docker-Container-Path-Stat has them. */
  readonly mode: number;
  readonly mtime: string;
  readonly linkTarget: string;
}

// ── volumes, system ─────────────────────────────────────────────────────────────────────────────────
export interface VolumeInfo {
  readonly name: string;
  readonly driver: string;
  readonly mountpoint: string;
  readonly createdAt: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Of the driver: type, device, o. */
  readonly options: Readonly<Record<string, string>>;
  readonly anonymous: boolean;
}
export interface VolumeService {
  /** One that is there already stays as it is. Throws VOLUME_NAME_INVALID, VOLUME_OPTIONS_INVALID, OPTION_UNSUPPORTED. */
  create(wish: {
    readonly name?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly options?: Readonly<Record<string, string>>;
  }): Promise<VolumeInfo>;
  /** `filters` as `docker volume ls -f`: dangling, driver, label, name. Throws FILTER_UNKNOWN, OPTION_INVALID. */
  list(filters?: Readonly<Record<string, readonly string[]>>): Promise<readonly VolumeInfo[]>;
  /** The documents of Docker Engine API GET /volumes. */
  documents(filters?: Readonly<Record<string, readonly string[]>>): Promise<readonly object[]>;
  get(name: string): Promise<VolumeInfo>;
  /** The document of Docker Engine API GET /volumes/{name}; with `size` also what it takes and how many containers have it. */
  inspect(name: string, options?: { readonly size?: boolean }): Promise<Readonly<Record<string, unknown>>>;
  remove(name: string, options?: { readonly force?: boolean }): Promise<void>;
  /** The anonymous ones that no container has, with `all` the others too. `filters`: all, label, label!, until. */
  prune(options?: {
    readonly all?: boolean;
    readonly filters?: Readonly<Record<string, readonly string[]>>;
  }): Promise<{ readonly removed: readonly string[]; readonly bytes: number }>;
}
