import type { Digest } from "../../core/digest.ts";
import { formatPlatform, type Platform } from "../../core/platform.ts";
import type { ContainerConfig, HistoryEntry, ImageConfig } from "../../image/config.ts";
import type { RecordKey } from "../cache/cache-records.ts";
import type { Sources } from "../context/source-root.ts";
import type { Permissions } from "../dockerfile/resolved.ts";
import type { SourceLine } from "../events.ts";
import type { BaseImage } from "../ports.ts";
import type { GitSource } from "../remote/git-url.ts";
import type { HttpFile } from "../remote/http.ts";

/** Names a step within one plan, and in its events. */
export type StepId = string;

/** Of the instruction at a position of a stage, both from 0. */
export const layerStepId = (stage: number, position: number): StepId => `${stage}.${position}`;
export const imageStepId = (reference: string, platform: Platform): StepId =>
  `image ${reference} ${formatPlatform(platform)}`;

interface StepBase {
  readonly id: StepId;
  /** As BuildKit words it: "[stage 2/4] RUN make". */
  readonly name: string;
  readonly at: SourceLine;
}

/** The layers of an image that is in the store. */
export interface ImageStep extends StepBase {
  readonly kind: "image";
  readonly image: BaseImage;
}

interface LayerStepBase extends StepBase {
  /** The step whose result this one changes; absent for the empty root filesystem. */
  readonly parent: StepId | undefined;
  /** The instruction on one line, as messages show it. */
  readonly code: string;
  /** The image before this step, to look into when the step fails. */
  readonly before: ImageState;
  /** It is performed even if its result is in the cache. */
  readonly uncached?: boolean;
}

export interface RunStep extends LayerStepBase {
  readonly kind: "run";
  readonly args: readonly [string, ...string[]];
  /** NAME=value. */
  readonly env: readonly string[];
  /** NAME=value, given to the process but not meant to matter for its result: proxies. */
  readonly ambientEnv: readonly string[];
  readonly cwd: string;
  /** As USER has it; "" is root. */
  readonly user: string;
  readonly network: "default" | "host" | "none";
  readonly insecure: boolean;
  readonly extraHosts: readonly string[];
  /** The executor's own choice when absent. */
  readonly hostname?: string;
  readonly files: readonly { readonly path: string; readonly content: string; readonly mode: number }[];
  readonly mounts: readonly PlannedMount[];
}

interface MountBase {
  /** Absolute and clean. */
  readonly target: string;
}
/** Where a mount's content comes from: what is at `path` in the result of `step`, which is an empty root filesystem when absent. */
interface MountOrigin {
  readonly step: StepId | undefined;
  readonly path: string;
  /** How messages name it: "stage build". */
  readonly name: string;
}
interface MountOwner {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}
export interface BindMount extends MountBase {
  readonly kind: "bind";
  readonly from: MountOrigin;
  /** What is written to a writable one is thrown away. */
  readonly readOnly: boolean;
}
export interface CacheMount extends MountBase {
  readonly kind: "cache";
  /** Says with `from` and `owner` which cache it is. */
  readonly id: string;
  readonly sharing: "shared" | "private" | "locked";
  /** What it begins with. */
  readonly from: MountOrigin | undefined;
  readonly owner: MountOwner | undefined;
  readonly readOnly: boolean;
}
export interface TmpfsMount extends MountBase {
  readonly kind: "tmpfs";
  /** No limit when absent. */
  readonly bytes?: number;
  readonly readOnly: boolean;
}
export interface SecretMount {
  readonly kind: "secret";
  readonly id: string;
  /** The file it becomes, and the variable. At least one of them. */
  readonly target: string | undefined;
  readonly env: string | undefined;
  readonly required: boolean;
  readonly owner: MountOwner;
}
export interface SshMount extends MountBase {
  readonly kind: "ssh";
  readonly id: string;
  readonly required: boolean;
  readonly owner: MountOwner;
}
export type PlannedMount = BindMount | CacheMount | TmpfsMount | SecretMount | SshMount;

export interface CopyStep extends LayerStepBase {
  readonly kind: "copy";
  /** Where `sources` are. */
  readonly from:
    | { readonly kind: "context"; readonly name?: string }
    | { readonly kind: "step"; readonly step: StepId }
    | { readonly kind: "scratch" };
  /** How messages name it: "the build context", "stage build". */
  readonly fromName: string;
  readonly sources: Sources;
  /** Files whose content stands in the Dockerfile, placed after the sources. */
  readonly inline: readonly { readonly name: string; readonly content: string }[];
  /** Absolute; a "/" or "/." at its end makes it a directory. */
  readonly target: string;
  /** "user", "user:group", numbers; "" leaves the owners as they are in the source. */
  readonly chown: string;
  readonly chmod: Permissions | undefined;
  /** ADD: archives are unpacked. */
  readonly unpack: boolean;
}

export type RemoteSource = HttpFile | GitSource;

/** Brings files from elsewhere: the source at index i becomes the directory /i of its layer. */
export interface FetchStep extends LayerStepBase {
  readonly kind: "fetch";
  readonly sources: readonly RemoteSource[];
}

export interface WorkdirStep extends LayerStepBase {
  readonly kind: "workdir";
  /** Absolute and clean. */
  readonly path: string;
  /** Owns the directories that are made; "" is root. */
  readonly user: string;
}

export type LayerStep = RunStep | CopyStep | WorkdirStep | FetchStep;
export type Step = ImageStep | LayerStep;

/** An image whose layers and times are not known yet. */
export interface ImageState {
  /** Everything but its layers, history and time. */
  readonly document: Omit<ImageConfig, "rootfs" | "history" | "created" | "config">;
  readonly config: ContainerConfig;
  readonly history: readonly PlannedHistory[];
}

export interface PlannedHistory {
  /** With its time if it comes from a base image. */
  readonly entry: HistoryEntry;
  /** The step that makes its layer; absent for entries of a base image and those without a layer. */
  readonly step?: StepId;
}

/** What to do for one target: a value. Every step comes after those it needs. */
export interface Plan {
  readonly steps: readonly Step[];
  /** The step whose layers are the image's; absent for an image without layers. */
  readonly result: StepId | undefined;
  readonly image: ImageState;
}

/** What a step came to. */
export interface Outcome {
  /** Lowest first. */
  readonly layers: readonly Digest[];
  /** When the step's layer was first made, as image histories have it; absent for an image's. */
  readonly created?: string;
  /** Of a step that makes a layer: whether it was found, and the key it has in the cache. */
  readonly cached?: boolean;
  readonly key?: RecordKey;
}
export type Outcomes = ReadonlyMap<StepId, Outcome>;

/** The steps whose results a step needs. */
export function inputsOf(step: Step): readonly StepId[] {
  const parent = step.kind === "image" ? undefined : step.parent;
  const sources = step.kind === "copy" && step.from.kind === "step" ? [step.from.step] : [];
  const mounted = step.kind === "run" ? step.mounts.flatMap(originsOf) : [];
  return [...(parent === undefined ? [] : [parent]), ...sources, ...mounted];
}

const originsOf = (mount: PlannedMount): readonly StepId[] =>
  (mount.kind === "bind" || mount.kind === "cache") && mount.from?.step !== undefined
    ? [mount.from.step]
    : [];

export const layersOf = (outcomes: Outcomes, step: StepId | undefined): readonly Digest[] =>
  step === undefined ? [] : (outcomes.get(step)?.layers ?? []);
