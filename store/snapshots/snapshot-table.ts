import { existsSync, mkdirSync } from "node:fs";
import type { Database } from "better-sqlite3";
import { type Digest, digestFromBytes } from "../../core/digest.ts";
import { Failure } from "../../core/errors.ts";
import type { Mount } from "../../core/mount.ts";
import type { Abortable } from "../../core/streams.ts";
import { Undo } from "../../core/undo.ts";
import type { KernelTrees } from "../../native/kernel.ts";
import type { ContentStore } from "../content-store.ts";
import { query, transact } from "../database.ts";
import type { Paths } from "../paths.ts";
import type {
  Change,
  CommitOptions,
  LayerInfo,
  PrepareOptions,
  SnapshotInfo,
  Snapshotter,
  ViewOptions,
} from "../snapshotter.ts";
import type { Trash } from "../trash.ts";
import type { DerivedTrees } from "./derived-trees.ts";
import type { SnapshotDriver, Stacked } from "./snapshot-driver.ts";

const KEY = /^[A-Za-z0-9_-]{1,128}$/;

interface SnapshotRow {
  readonly key: string;
  readonly layers: string;
  readonly created: number;
}

export interface SnapshotTableParts {
  readonly paths: Paths;
  readonly database: Database;
  readonly content: ContentStore;
  readonly derived: DerivedTrees;
  readonly kernel: Pick<KernelTrees, "removeTree">;
  readonly trash: Trash;
}

/** Snapshots as rows, their files by a driver. */
export class SnapshotTable implements Snapshotter {
  readonly #parts: SnapshotTableParts;
  readonly #driver: SnapshotDriver;

  constructor(parts: SnapshotTableParts, driver: SnapshotDriver) {
    this.#parts = parts;
    this.#driver = driver;
  }

  get name(): string {
    return this.#driver.name;
  }

  async prepare(
    key: string,
    layers: readonly Digest[],
    options: PrepareOptions = {},
  ): Promise<readonly Mount[]> {
    if (!KEY.test(key))
      throw new Failure("OPTION_INVALID", { option: "snapshot key", got: key, want: "[A-Za-z0-9_-]+" });
    await using undo = new Undo();
    // From here on the row keeps the layers from being collected.
    this.#insert(key, layers, options);
    undo.add(() => this.remove(key));
    const folder = this.#parts.paths.snapshot(key);
    // What an interrupted removal left.
    if (existsSync(folder)) await this.#parts.kernel.removeTree(folder);
    mkdirSync(folder, { mode: 0o700 });
    const mounts = await this.#driver.create(folder, layers, options);
    undo.keep();
    return mounts;
  }

  #insert(key: string, layers: readonly Digest[], options: PrepareOptions): void {
    const { database } = this.#parts;
    transact(database, () => {
      if (query(database, "SELECT 1 FROM snapshots WHERE key = ?").get(key) !== undefined)
        throw new Failure("SNAPSHOT_EXISTS", { key });
      this.#require(layers, options);
      query(database, "INSERT INTO snapshots (key, layers, created) VALUES (?, ?, ?)").run(
        key,
        JSON.stringify(layers),
        Date.now(),
      );
    });
  }

  /** What is held was there when it was looked at. */
  #require(layers: readonly Digest[], { held }: ViewOptions): void {
    const { content } = this.#parts;
    const missing = layers.find((diffId) => held?.has(diffId) !== true && content.stat(diffId) === undefined);
    if (missing !== undefined) throw new Failure("LAYER_UNKNOWN", { diffId: missing });
  }

  #stacked(key: string): Stacked {
    const row = query<SnapshotRow>(this.#parts.database, "SELECT * FROM snapshots WHERE key = ?").get(key);
    if (row === undefined) throw new Failure("SNAPSHOT_UNKNOWN", { key });
    return { folder: this.#parts.paths.snapshot(key), layers: JSON.parse(row.layers) as readonly Digest[] };
  }

  async mounts(key: string): Promise<readonly Mount[]> {
    const { folder, layers } = this.#stacked(key);
    return this.#driver.mounts(folder, layers);
  }

  async view(layers: readonly Digest[], options: ViewOptions = {}): Promise<readonly Mount[]> {
    this.#require(layers, options);
    return this.#driver.view(layers, options);
  }

  async touches(diffId: Digest, paths: readonly string[], options: ViewOptions = {}): Promise<boolean> {
    this.#require([diffId], options);
    return this.#driver.touches(diffId, paths, options);
  }

  async commit(key: string, options: CommitOptions = {}): Promise<LayerInfo | undefined> {
    const snapshot = this.#stacked(key);
    await using ingest = await this.#parts.content.ingest();
    const written = await this.#driver.write(ingest.fd, snapshot, options);
    const diffId = digestFromBytes(written.diffId);
    const isEmpty = written.entries === 0;
    if (!isEmpty) await ingest.commit({ digest: diffId, size: written.size }, { sync: false });
    if (options.consume === true && !isEmpty) await this.#driver.consume(snapshot.folder, diffId);
    return isEmpty ? undefined : { diffId, size: written.size };
  }

  async *changes(key: string, options: Abortable = {}): AsyncIterable<Change> {
    const changes = await this.#driver.changes(this.#stacked(key));
    options.signal?.throwIfAborted();
    yield* changes;
  }

  /** The row goes last: an interrupted removal is tried again by whoever knows the key. */
  async remove(key: string): Promise<void> {
    if (!KEY.test(key)) return;
    await this.#parts.kernel.removeTree(this.#parts.paths.snapshot(key));
    this.#forget(key);
  }

  async discard(key: string): Promise<void> {
    if (!KEY.test(key)) return;
    await this.#parts.trash.put(this.#parts.paths.snapshot(key));
    this.#forget(key);
  }

  #forget(key: string): void {
    query(this.#parts.database, "DELETE FROM snapshots WHERE key = ?").run(key);
  }

  async usage(key: string): Promise<{ readonly bytes: number; readonly inodes: number }> {
    return this.#driver.usage(this.#stacked(key).folder);
  }

  list(): readonly SnapshotInfo[] {
    return query<SnapshotRow>(this.#parts.database, "SELECT * FROM snapshots ORDER BY key")
      .all()
      .map(({ key, layers, created }) => ({
        key,
        layers: JSON.parse(layers) as readonly Digest[],
        createdAt: new Date(created),
      }));
  }

  async forget(diffId: Digest): Promise<void> {
    await this.#parts.derived.forget(diffId);
  }
}
