import type { Digest } from "../../core/digest.ts";
import type { Mount } from "../../core/mount.ts";
import type { Kernel, WrittenLayer } from "../../native/kernel.ts";
import type { ContentStore } from "../content-store.ts";
import type { Paths } from "../paths.ts";
import type { Change, CommitOptions, PrepareOptions, ViewOptions } from "../snapshotter.ts";
import type { Trees } from "../types.ts";
import type { DerivedTrees } from "./derived-trees.ts";

export interface DriverParts {
  readonly paths: Paths;
  readonly content: ContentStore;
  readonly derived: DerivedTrees;
  readonly trees: Trees;
  readonly kernel: Kernel;
}

/**
 * What differs between ways to stack layers; SnapshotTable keeps the rows and the order of things for all of them.
 * `folder` is the snapshot's own directory, which create() finds empty and whose mounts() it returns; `layers` run from the lowest to the topmost.
 */
export interface SnapshotDriver {
  readonly name: string;
  create(folder: string, layers: readonly Digest[], options: PrepareOptions): Promise<readonly Mount[]>;
  mounts(folder: string, layers: readonly Digest[]): Promise<readonly Mount[]>;
  view(layers: readonly Digest[], options?: ViewOptions): Promise<readonly Mount[]>;
  /** See Snapshotter.touches. */
  touches(diffId: Digest, paths: readonly string[], options: ViewOptions): Promise<boolean>;
  /** Writes what changed as a layer tar to `out`. */
  write(out: number, snapshot: Stacked, options: CommitOptions): Promise<WrittenLayer>;
  /** The snapshot, just written as `diffId` with options that let it be consumed, will only be removed: what is of use for the layer may be taken. */
  consume(folder: string, diffId: Digest): Promise<void>;
  changes(snapshot: Stacked): Promise<readonly Change[]>;
  usage(folder: string): Promise<{ readonly bytes: number; readonly inodes: number }>;
}

export interface Stacked {
  readonly folder: string;
  readonly layers: readonly Digest[];
}
