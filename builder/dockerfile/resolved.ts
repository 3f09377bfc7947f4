import type { Platform } from "../../core/platform.ts";
import type { ContainerConfig, HistoryEntry, ImageConfig } from "../../image/config.ts";
import type { LineRange } from "./ast.ts";
import type { RunMount } from "./instructions/mount.ts";
import type { Add, Command, Copy, Device, InlineSource, Run, Workdir } from "./instructions/types.ts";

// What a Dockerfile means for given arguments, a target and given base images: every variable expanded, every image
// configuration computed. Layers are all that is left to make.

/** Where a stage's first layer, or a file to copy or to mount, comes from. */
export type Source =
  /** The build context, or the one of this name. */
  | { readonly kind: "context"; readonly name?: string }
  /** An empty root filesystem. */
  | { readonly kind: "scratch" }
  /** Another stage of the same build, by its `index`. */
  | { readonly kind: "stage"; readonly stage: number }
  /** An image, with its full name: "docker.io/library/alpine:latest". */
  | { readonly kind: "image"; readonly reference: string; readonly platform: Platform };

export interface ResolvedDockerfile {
  readonly file: string;
  /** What the target needs, in the order in which they are written; a stage only refers to stages before it. */
  readonly stages: readonly ResolvedStage[];
  readonly target: ResolvedStage;
  /** What FROM lines can refer to, by name. */
  readonly globals: ReadonlyMap<string, string>;
}

export interface ResolvedStage {
  /** Position in the Dockerfile, from 0; the other stages refer to it by this. */
  readonly index: number;
  /** As progress shows it: the stage's name, "stage-<index>", or "" in a Dockerfile of one stage. */
  readonly name: string;
  readonly base: Source;
  readonly platform: Platform;
  /** How progress names the loading of the base image: "[build 1/4] FROM docker.io/library/alpine:latest". */
  readonly baseName: string;
  readonly lines: LineRange;
  readonly steps: readonly ResolvedStep[];
  /** What its ARGs declare, in the order in which they stand in the steps, with the values they have. */
  readonly args: readonly DeclaredArgument[];
  /**
   * The finished image's configuration. `rootfs` is the base's and `history` has no times: who makes the layers
   * appends the diff ids of the steps with `layer`, in order, and dates the entries.
   */
  readonly image: ImageConfig;
}

export interface DeclaredArgument {
  readonly key: string;
  readonly value: string | undefined;
}

export type ResolvedStep = RunStep | CopyStep | WorkdirStep | ConfigStep;

interface StepCommon {
  readonly lines: LineRange;
  /** It is a trigger of the base image or stage. */
  readonly onbuild: boolean;
  /** The entry it adds to the image's history; ONBUILD adds none. */
  readonly history: HistoryEntry | undefined;
  /** The configuration after it. */
  readonly config: ContainerConfig;
  /** It has a layer, if an empty one. */
  readonly layer: boolean;
}
interface LayerStep extends StepCommon {
  /** As progress shows it: "[build 2/4] RUN make". */
  readonly name: string;
  readonly cwd: string;
  /** As USER has it: "name", "uid:gid"; "" is root. */
  readonly user: string;
}

export interface RunStep extends LayerStep {
  readonly kind: "run";
  readonly instruction: Run;
  readonly args: readonly string[];
  /** `NAME=value`, in order: the image's, ENV and ARG. Part of the step's identity. */
  readonly env: readonly string[];
  /** Proxy variables of the build: given to the process, but no part of the step's identity. */
  readonly proxyEnv: readonly string[];
  /** Scripts to be mounted read-only for this run: absolute path, content, mode. */
  readonly files: readonly { readonly path: string; readonly content: string; readonly mode: number }[];
  readonly mounts: readonly (RunMount & {
    readonly source: string;
    readonly from: string;
    readonly of: Source;
  })[];
  readonly network: Run["network"];
  readonly security: Run["security"];
  readonly devices: readonly Device[];
}

/** The permissions of --chmod: bits, or a symbolic expression like "u=rwX,go=rX". */
export type Permissions = { readonly bits: number } | { readonly symbolic: string };

export interface CopyStep extends LayerStep {
  readonly kind: "copy";
  /** Expanded. ADD unpacks local archives and takes URLs. */
  readonly instruction: Add | Copy;
  readonly from: Source;
  /** Absolute from the root of `from`, wildcards included; for ADD also URLs, as they are written. */
  readonly sources: readonly string[];
  readonly inline: readonly Omit<InlineSource, "expand">[];
  /** Absolute; a "/" or "/." at its end says it is a folder. */
  readonly destination: string;
  /** "user", "user:group", numbers; "" for root. */
  readonly chown: string;
  readonly chmod: Permissions | undefined;
}

/** Makes the folder, with its parents, owned by `user`. */
export interface WorkdirStep extends LayerStep {
  readonly kind: "workdir";
  readonly instruction: Workdir;
  readonly path: string;
}

/** Changes the configuration only. */
export interface ConfigStep extends StepCommon {
  readonly kind: "config";
  readonly instruction: Command;
  readonly layer: false;
}

/** Something worth saying that does not stop a build. https://docs.docker.com/reference/build-checks/ */
export interface Warning {
  readonly rule: string;
  readonly message: string;
  readonly lines: LineRange;
  readonly description: string;
  readonly url: string;
}

/** What `--build-context NAME=…` puts in the place of stages and images of that name. */
export type NamedContext =
  | { readonly kind: "directory" }
  | { readonly kind: "image"; readonly reference: string };

export interface ResolveOptions {
  readonly buildArgs: ReadonlyMap<string, string>;
  /** Name or index of a stage; absent for the last one. */
  readonly target?: string;
  /** The machine's own. */
  readonly buildPlatform: Platform;
  /** Asked for by --platform; absent takes `buildPlatform` and leaves the platform of the base image as it is. */
  readonly targetPlatform?: Platform;
  /** Names platforms in progress, as a build for several does. */
  readonly showPlatform?: boolean;
  /** By name, which is in lower case. */
  readonly contexts?: ReadonlyMap<string, NamedContext>;
  /** --label */
  readonly labels?: Readonly<Record<string, string>>;
  /** Gives the configuration of an image. Called once for each name and platform, several at a time. */
  readonly loadImage: (reference: string, platform: Platform) => Promise<ImageConfig>;
  /** True when the .dockerignore file leaves this path of the context out. */
  readonly isIgnored?: (path: string) => boolean;
  /** Takes what the checks find. */
  readonly warn?: (warning: Warning) => void;
  /** Resolve every stage, not only what the target needs: for checking a file. */
  readonly allStages?: boolean;
}
