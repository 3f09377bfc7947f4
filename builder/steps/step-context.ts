import type { HeldLayers, LayerInfo } from "../../store/snapshotter.ts";
import type { LayerStore, Lease, Store } from "../../store/types.ts";
import type { CacheMounts } from "../cache/cache-mounts.ts";
import type { Listings } from "../cache/listings.ts";
import type { Part } from "../cache/preimage.ts";
import type { BuildMounts } from "../cache/remote/build-mounts.ts";
import type { LazyLayers } from "../cache/remote/lazy-layers.ts";
import type { BuildContext } from "../context/build-context.ts";
import type { BuildEvent } from "../events.ts";
import type { InternalSteps } from "../internal-steps.ts";
import type { LayerStep, RemoteSource } from "../plan/step.ts";
import type { BuildResources, Executor, SecretSource, SshSource } from "../ports.ts";
import type { HttpFiles } from "../remote/http.ts";
import type { Timestamps } from "../solve/timestamps.ts";
import type { FailedState } from "./failed-state.ts";
import type { OutputTail } from "./output-tail.ts";
import type { RootFilesystems } from "./root-filesystems.ts";

/** What the steps of one build work with. */
export interface StepContext {
  readonly store: Store;
  readonly executor: Executor;
  readonly roots: RootFilesystems;
  /** The layers under the build's lease that snapshots were made of. */
  readonly held: HeldLayers;
  /** Layers that must be brought before they are used. */
  readonly lazy: LazyLayers;
  readonly listings: Listings;
  /** The build context, or the one of this name. */
  readonly contextOf: (name: string | undefined) => BuildContext;
  readonly cacheMounts: CacheMounts;
  /** Those of this build, here and elsewhere. */
  readonly mounts: BuildMounts;
  readonly httpFiles: HttpFiles;
  /** Of the whole build. */
  readonly signal: AbortSignal;
  readonly secrets: SecretSource | undefined;
  readonly ssh: SshSource | undefined;
  readonly resources: BuildResources;
  /** Takes over the state of a command that failed. */
  readonly keepFailed: ((state: FailedState) => boolean) | undefined;
  /** Holds everything in the making until the build has ended. */
  readonly lease: Lease;
  readonly timestamps: Timestamps;
  readonly clock: () => number;
  readonly report: (event: BuildEvent) => void;
  readonly internal: InternalSteps;
  /** Warns of what this host cannot do, once in a build. */
  readonly warnOfHost: (message: string) => void;
  /** Takes work that must be done before the build ends, but that no step waits for. */
  readonly background: (work: Promise<unknown>) => void;
  /** The last output of each step, by its id, for the message of its failure. */
  readonly tails: Map<string, OutputTail>;
  /** What was found at each source elsewhere: the digest of a file, the commit of a repository. */
  readonly fetched: Map<RemoteSource, string>;
}

/** A layer that changes nothing: every instruction that may change files has its layer, as BuildKit's images do. */
export const emptyLayer = (layers: LayerStore): Promise<LayerInfo> => layers.write(-1, []);

/** A time that the user asked for decides results, so it is part of the key; one taken from elsewhere is not. */
export const epochPart = (timestamps: Timestamps): readonly Part[] =>
  timestamps.requested === undefined ? [] : [["SOURCE_DATE_EPOCH", timestamps.requested]];

/** Warns of something in a step. */
export const warnAt =
  ({ report }: StepContext, { id, at, code }: LayerStep) =>
  (message: string): void =>
    report({ type: "warning", id, message: `${code}: ${message}`, at });
