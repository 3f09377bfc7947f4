import type { Digest } from "../core/digest.ts";
import type { Mount } from "../core/mount.ts";
import type { Platform } from "../core/platform.ts";
import type { ExitStatus, ProcessSpec } from "../core/process.ts";
import type { CredentialSource } from "../core/registry-credentials.ts";
import type { Abortable } from "../core/streams.ts";
import type { ImageConfig } from "../image/config.ts";

// What the builder needs from outside; engine/ satisfies it, so that builder, runtime and registry do not know each other.

export interface RunRequest {
  /** Names the transient container: its cgroup, its host name's owner. */
  readonly id: string;
  /** A snapshot's mounts, writable, the last one being the root. */
  readonly rootfs: readonly Mount[];
  readonly process: ProcessSpec;
  readonly network: "default" | "host" | "none";
  readonly hostname?: string;
  /** "name:ip" entries for /etc/hosts. */
  readonly extraHosts: readonly string[];
  /** Files made inside for this run only, read-only: heredoc scripts. Never part of the layer. */
  readonly files: readonly { readonly path: string; readonly content: string; readonly mode: number }[];
  /** Registers what a crash would leave behind. */
  readonly onCgroup: (path: string) => void;
  readonly output: (stream: "stdout" | "stderr", bytes: Uint8Array) => void;
  /** Told what this host cannot do for it; the same words again and again where they hold for every command. */
  readonly warn: (warning: string) => void;
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

export interface BaseImage {
  readonly reference: string;
  readonly id: Digest;
  readonly config: ImageConfig;
  /** Lowest first. */
  readonly layers: readonly Digest[];
}
export interface ResolveImageOptions extends Abortable {
  readonly platform: Platform;
  readonly pull: boolean;
  /** Shown to registries in place of those of this machine's user. */
  readonly credentials?: CredentialSource;
}
export interface ImageSource {
  /** From the local store, else pulled; `pull` asks the registry even when it is local. Rejects with IMAGE_UNKNOWN, PLATFORM_MISMATCH. */
  resolve(reference: string, options: ResolveImageOptions): Promise<BaseImage>;
}
