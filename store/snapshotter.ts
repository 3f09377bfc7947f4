import type { Stats } from "node:fs";
import type { Digest } from "../core/digest.ts";
import type { Mount } from "../core/mount.ts";
import type { Abortable } from "../core/streams.ts";

export interface Change {
  /** Absolute path in the root filesystem. */
  readonly path: string;
  readonly kind: "added" | "modified" | "deleted";
}

export interface LayerInfo {
  readonly diffId: Digest;
  /** Bytes of the uncompressed tar. */
  readonly size: number;
}

export interface SnapshotInfo {
  readonly key: string;
  readonly layers: readonly Digest[];
  readonly createdAt: Date;
}

export interface CommitOptions extends Abortable {
  /** Seconds since the epoch: newer times in the layer are set to it. */
  readonly clampMtime?: number;
  /** Absolute paths left out with all below them (mount points the runtime made). */
  readonly exclude?: readonly string[];
  /**
   * The files of the snapshot may become what the driver would otherwise make of the layer at its next use: what is left of it can only be
   * removed. No process may have it mounted for writing any more.
   */
  readonly consume?: boolean;
}

/** A layer as it is mounted: a directory, or the target of `mount`. */
export interface MountableLayer {
  readonly path: string;
  readonly mount?: Mount;
  /** With a mount: what it shows of its root directory. */
  readonly root?: () => RootStat;
}
export type RootStat = Pick<Stats, "mode" | "uid" | "gid">;

/**
 * Layers that a lease of the caller holds for as long as this is used, each looked at once: of a stack that grows by one layer at a time, only
 * that one. Begins empty and is filled by the snapshotter it is handed to.
 */
export type HeldLayers = Map<Digest, MountableLayer>;

export interface ViewOptions extends Abortable {
  /** Layers that need not be looked at again. */
  readonly held?: HeldLayers;
}

export interface PrepareOptions extends ViewOptions {
  /** The snapshot need not survive a power loss, as of a build step: the kernel may skip what programs inside sync. */
  readonly volatile?: boolean;
}

/**
 * Writable root filesystems over stacks of layers. A layer is named by its diff id and is a tar in the content store; how it becomes mountable
 * (mounted as it is, unpacked once, copied) is the driver's affair and happens at the first mounts() or view() that needs it.
 * `layers` run from the lowest to the topmost. Keys are [A-Za-z0-9_-]+ and chosen by the caller.
 */
export interface Snapshotter {
  readonly name: string;
  /** Opens a writable snapshot. Rejects with SNAPSHOT_EXISTS, LAYER_UNKNOWN. */
  prepare(key: string, layers: readonly Digest[], options?: PrepareOptions): Promise<readonly Mount[]>;
  /** The mounts of an open snapshot. Rejects with SNAPSHOT_UNKNOWN. */
  mounts(key: string): Promise<readonly Mount[]>;
  /**
   * Mounts of a read-only root filesystem of these layers; nothing is kept. They hold as long as the layers are in use: by an image, or by
   * a lease of the caller.
   */
  view(layers: readonly Digest[], options?: ViewOptions): Promise<readonly Mount[]>;
  /**
   * Whether one of these absolute paths, to which no link leads, may be another file with this layer on top than without it. True where the
   * driver cannot tell. Rejects with LAYER_UNKNOWN.
   */
  touches(diffId: Digest, paths: readonly string[], options?: ViewOptions): Promise<boolean>;
  /**
   * Writes what changed in `key` as a layer into the content store; undefined when nothing changed. The snapshot stays open and usable
   * unless it is consumed.
   * The caller must not have the root filesystem written to meanwhile.
   */
  commit(key: string, options?: CommitOptions): Promise<LayerInfo | undefined>;
  /**
   * What changed against the layers, sorted by path, as `docker diff` lists it: a directory with a change below it is modified, what is in
   * a new directory is listed too, what was in a removed one is not.
   */
  changes(key: string, options?: Abortable): AsyncIterable<Change>;
  /** Idempotent: success means "no such snapshot". */
  remove(key: string): Promise<void>;
  /** The same; its files go when there is time for it (Trash). */
  discard(key: string): Promise<void>;
  /** Bytes and inodes written in the snapshot. */
  usage(key: string): Promise<{ readonly bytes: number; readonly inodes: number }>;
  list(): readonly SnapshotInfo[];
  /** Drops what was derived from a layer that has left the store. Idempotent; only garbage collection calls it. */
  forget(diffId: Digest): Promise<void>;
}
