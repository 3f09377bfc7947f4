import type { Database } from "better-sqlite3";
import type { Descriptor } from "../core/descriptor.ts";
import type { Digest } from "../core/digest.ts";
import type { Mount } from "../core/mount.ts";
import type { Abortable } from "../core/streams.ts";
import type { ImageConfig } from "../image/config.ts";
import type { FileStat, LayerEntry, ScanEntry } from "../native/kernel.ts";
import type { ContentStore } from "./content-store.ts";
import type { Paths } from "./paths.ts";
import type { LayerInfo, Snapshotter } from "./snapshotter.ts";

/**
 * One state root: content, layers, snapshots, metadata. Several processes may have it open at once; SQLite transactions and locks() keep them apart.
 * Opening sweeps what dead processes left (leases, ingests, snapshots).
 */
export interface Store extends AsyncDisposable {
  readonly paths: Paths;
  /** Areas above keep their tables here too; each owns a numbered migration in store/migrations/. */
  readonly database: Database;
  readonly content: ContentStore;
  readonly layers: LayerStore;
  readonly snapshots: Snapshotter;
  readonly images: ImageStore;
  readonly leases: Leases;
  readonly locks: Locks;
  readonly trees: Trees;
  /** Makes everything committed with `sync: false` durable; call before the transaction that publishes it. */
  flush(): Promise<void>;
}

export interface LayerStore {
  stat(diffId: Digest): LayerInfo | undefined;
  /** Writes `entries` as a canonical layer (not synced: see flush()); file sources are paths below the directory `root`. */
  write(root: number, entries: readonly LayerEntry[]): Promise<LayerInfo>;
  /** Takes a layer tar from outside, compressed or not, byte for byte. `want` is checked when given. Rejects with DIGEST_MISMATCH, ARCHIVE_INVALID. */
  adopt(
    source: AsyncIterable<Uint8Array>,
    want?: { readonly diffId?: Digest; readonly blob?: Descriptor },
  ): Promise<LayerInfo & { readonly blob: Descriptor }>;
  /** Unpacks an archive (plain or compressed tar at `file`) into a new directory below ingest/, as ADD does; undefined when it is no archive. */
  unpackArchive(file: number, lease: Lease): Promise<string | undefined>;
  /** True when both layers differ at most in times. */
  same(a: Digest, b: Digest): Promise<boolean>;
}

/** Reading directories and root filesystems with the kernel's help. */
export interface Trees {
  /** Opens a root filesystem for reading; nothing is mounted in any namespace. The caller disposes it. */
  open(mounts: readonly Mount[]): Promise<Tree>;
  /** Opens a host directory. Rejects with ENOENT, ENOTDIR as they are. */
  openDirectory(path: string): Promise<Tree>;
}

/** A directory seen as a root: no path, link or ".." leaves it. Paths are "/"-separated, absolute ones begin at the root. */
export interface Tree extends Disposable {
  readonly fd: number;
  resolve(path: string): string;
  stat(path: string): FileStat | undefined;
  statMany(paths: readonly string[]): Promise<readonly (FileStat | undefined)[]>;
  scan(path: string, options?: { readonly prune?: readonly string[] }): Promise<readonly ScanEntry[]>;
  hash(paths: readonly string[]): Promise<readonly Buffer[]>;
  xattrs(path: string): ReadonlyMap<string, Buffer>;
  /** A small text file, links followed inside the root; undefined when absent. At most 1 MiB. */
  readText(path: string): string | undefined;
  /** A readable descriptor, links followed inside the root. */
  openFile(path: string): number;
}

/** An image in the local store. Its id is the digest of its config, as Docker's classic store has it. */
export interface ImageRecord {
  readonly id: Digest;
  /** The manifest it came with (pulled), or ours over uncompressed layers (built, loaded). */
  readonly manifest: Descriptor;
  readonly layers: readonly Digest[];
  /** Bytes of the uncompressed layers. */
  readonly size: number;
  readonly createdAt: Date;
  /** Familiar forms, sorted: "debian:bookworm", "localhost:5000/a:1". */
  readonly tags: readonly string[];
  /** "repository@sha256:…" of pulls and pushes. */
  readonly digests: readonly string[];
}

export interface ImageStore {
  /**
   * Publishes an image: stores config and manifest, then, in one transaction, its row and its tags (full references, taken from other
   * images that had them). All layers must be in the store: rejects with LAYER_UNKNOWN.
   */
  publish(
    image: {
      readonly config: ImageConfig;
      readonly rawConfig?: Uint8Array;
      readonly rawManifest?: Uint8Array;
      readonly manifestType?: string;
    },
    references?: readonly string[],
  ): Promise<ImageRecord>;
  /** By reference ("debian", "repo:tag", "repo@digest"), id, or unique prefix of an id. Throws IMAGE_AMBIGUOUS; undefined when there is none. */
  find(text: string): ImageRecord | undefined;
  /** find(), throwing IMAGE_UNKNOWN. */
  get(text: string): ImageRecord;
  config(id: Digest): Promise<ImageConfig>;
  rawConfig(id: Digest): Promise<Buffer>;
  list(): readonly ImageRecord[];
  tag(id: Digest, reference: string): void;
  /** Takes one tag away; the image stays. False when there was none. */
  untag(reference: string): boolean;
  addDigest(id: Digest, reference: string): void;
  /** Removes the row with all its tags; the bytes go with the next garbage collection. */
  remove(id: Digest): void;
}

/**
 * A claim on things in the making, held by a process. It ends when disposed or when its process is gone; then they may be collected.
 */
export interface Lease extends AsyncDisposable {
  readonly id: string;
  blob(digest: Digest): void;
  /** The snapshot is removed with the lease unless released with keep(). */
  snapshot(key: string): void;
  /** A path below ingest/ or snapshots/ removed with the lease. */
  temporary(path: string): void;
  /** A cgroup directory (host path) killed and removed with the lease. */
  cgroup(path: string): void;
  keep(snapshot: string): void;
}
export interface Leases {
  open(what: string): Lease;
  /** Removes what leases of dead processes held. Returns how many there were. */
  sweep(): Promise<number>;
}

export interface Locks {
  /** Waits for the lock `name` ([A-Za-z0-9_.-]+) across all processes of this root. Dispose to release; a crash releases too. */
  hold(name: string, options?: Abortable): Promise<AsyncDisposable>;
}
