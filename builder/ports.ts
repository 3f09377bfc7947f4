import type { Duplex } from "node:stream";
import type { Descriptor } from "../core/descriptor.ts";
import type { Digest } from "../core/digest.ts";
import type { Mount, TransientMount } from "../core/mount.ts";
import type { Platform } from "../core/platform.ts";
import type { ExitStatus, ProcessSpec } from "../core/process.ts";
import type { CredentialSource } from "../core/registry-credentials.ts";
import type { Abortable, ByteStream } from "../core/streams.ts";
import type { ImageConfig } from "../image/config.ts";

// What the builder needs from outside; engine/ satisfies it, so that builder, runtime and registry do not know each other.

/** Limits and configuration of the containers of RUN, in the terms of the Engine API's HostConfig. What is absent is not limited. */
export interface BuildResources {
  /** Bytes; MemorySwap is both together, -1 without limit. */
  readonly Memory?: number;
  readonly MemorySwap?: number;
  readonly CpuShares?: number;
  /** Microseconds. */
  readonly CpuPeriod?: number;
  readonly CpuQuota?: number;
  readonly CpusetCpus?: string;
  readonly CpusetMems?: string;
  readonly CgroupParent?: string;
  readonly Ulimits?: readonly { readonly Name: string; readonly Soft: number; readonly Hard: number }[];
  /** Bytes of /dev/shm. */
  readonly ShmSize?: number;
  readonly Dns?: readonly string[];
  readonly DnsSearch?: readonly string[];
  readonly DnsOptions?: readonly string[];
}

export interface RunRequest {
  /** Names the transient container: its cgroup, its host name's owner. */
  readonly id: string;
  /** A snapshot's mounts, writable, the last one being the root. */
  readonly rootfs: readonly Mount[];
  readonly process: ProcessSpec;
  readonly network: "default" | "host" | "none";
  /** With all that the host can give: every capability and device, no filter. */
  readonly insecure: boolean;
  readonly hostname?: string;
  /** "name:ip" entries for /etc/hosts. */
  readonly extraHosts: readonly string[];
  readonly resources?: BuildResources;
  /** Files made inside for this run only, read-only: heredoc scripts, secrets. Never part of the layer. */
  readonly files: readonly RunFile[];
  /** Mounted before the files, in order. Mount points that are missing are made, and are never part of the layer. */
  readonly mounts: readonly TransientMount[];
  /** Registers what a crash would leave behind. */
  readonly onCgroup: (path: string) => void;
  readonly output: (stream: "stdout" | "stderr", bytes: Uint8Array) => void;
  /** Told what this host cannot do for it; the same words again and again where they hold for every command. */
  readonly warn: (warning: string) => void;
}
export interface RunFile {
  readonly path: string;
  readonly content: string | Uint8Array;
  readonly mode: number;
  /** Root's when absent. */
  readonly owner?: { readonly uid: number; readonly gid: number };
}
export interface RunResult {
  readonly status: ExitStatus;
  /** Absolute paths of mount points the runtime created in the root filesystem, to be left out of the layer. */
  readonly exclude: readonly string[];
}
export interface Executor {
  /** Resolves when the process has ended, however it ended. Rejects only if it could not be run; an abort kills it. */
  run(request: RunRequest, options?: Abortable): Promise<RunResult>;
}

/** The secrets of one build. What comes from here reaches commands only: no key, layer, log or history. */
export interface SecretSource {
  /** The value of a secret, at most MAX_SECRET_BYTES; undefined when there is none of this id. Asked each time a command needs it. */
  secret(id: string, options?: Abortable): Promise<Uint8Array | undefined>;
}
/** BuildKit's limit. */
export const MAX_SECRET_BYTES = 500 * 1024;

/** The ssh agents of one build, by the id that RUN --mount=type=ssh names: "default" unless it says another. */
export interface SshSource {
  /** Whether there is an agent of this id. */
  has(id: string, options?: Abortable): Promise<boolean>;
  /** A new connection to it, speaking the agent protocol. The caller destroys it. https://datatracker.ietf.org/doc/html/draft-ietf-sshm-ssh-agent */
  connect(id: string, options?: Abortable): Promise<Duplex>;
}

/** An answer to a GET; the body is read to its end, or discarded, by whoever takes it. */
export interface HttpAnswer {
  readonly status: number;
  /** `name` in lower case. */
  header(name: string): string | undefined;
  readonly body: ByteStream;
  discard(): Promise<void>;
}
/** Files of the web, for ADD and contexts. */
export interface HttpSource {
  /** Follows a bounded number of redirects; any status is an answer. Rejects when there is none. */
  get(url: URL, headers: Readonly<Record<string, string>>, options?: Abortable): Promise<HttpAnswer>;
}

/** An image in an OCI layout that somebody has. What comes from here is checked by who takes it. */
export interface LayoutSource {
  /** Of a manifest, or of an index with one for each platform. */
  readonly digest: Digest;
  /** Where it is, when it is a folder of this machine. */
  readonly path?: string;
  /** The bytes of a blob, from its beginning. Fails where there is none. */
  blob(digest: Digest, options?: Abortable): ByteStream;
}

export interface BaseImage {
  readonly reference: string;
  readonly id: Digest;
  /** Of the manifest or index that its registry has under the reference; of an image that is in none, of its own manifest. */
  readonly digest?: Digest;
  readonly config: ImageConfig;
  /** Lowest first. */
  readonly layers: readonly Digest[];
  /** When it was only looked up: its layers as its registry has them, and how to bring the image. */
  readonly remote?: {
    readonly blobs: readonly Descriptor[];
    readonly fetch: (signal: AbortSignal) => Promise<void>;
  };
}
export interface ResolveImageOptions extends Abortable {
  readonly platform: Platform;
  readonly pull: boolean;
  /** Of an image that is not local, its documents are enough for now. */
  readonly lazy?: boolean;
  /** Shown to registries in place of those of this machine's user. */
  readonly credentials?: CredentialSource;
}
export interface ImageSource {
  /** From the local store, else pulled; `pull` asks the registry even when it is local. Rejects with IMAGE_UNKNOWN, PLATFORM_MISMATCH. */
  resolve(reference: string, options: ResolveImageOptions): Promise<BaseImage>;
}
