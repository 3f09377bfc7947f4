import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import type { Database } from "better-sqlite3";
import { DIGEST_ALGORITHMS } from "../core/digest.ts";
import type { Abortable } from "../core/streams.ts";
import type { Kernel } from "../native/kernel.ts";
import { checkStore } from "./check.ts";
import { collectGarbage } from "./collect.ts";
import { FileContentStore } from "./content/file-content-store.ts";
import { temporaryPath } from "./content/temporary.ts";
import { openDatabase, query, transact } from "./database.ts";
import { AttestationTable } from "./images/attestation-table.ts";
import { ImageTable } from "./images/image-table.ts";
import { LayerTable } from "./layers.ts";
import { LeaseTable } from "./leases/lease-table.ts";
import { removeCgroup } from "./leases/remove-cgroup.ts";
import { FileLocks } from "./locks.ts";
import { bootId } from "./owner.ts";
import { Paths } from "./paths.ts";
import { remakeLayers } from "./remake-layers.ts";
import { type ChosenDriver, chooseDriver, type DriverName } from "./snapshots/choose-driver.ts";
import { DerivedTrees } from "./snapshots/derived-trees.ts";
import { IndexedLayers } from "./snapshots/erofs.ts";
import { Overlay } from "./snapshots/overlay.ts";
import { UnpackedLayers } from "./snapshots/overlay2.ts";
import type { DriverParts, SnapshotDriver } from "./snapshots/snapshot-driver.ts";
import { SnapshotTable } from "./snapshots/snapshot-table.ts";
import { Vfs } from "./snapshots/vfs.ts";
import { removeAbandoned, removeStrays } from "./sweep.ts";
import { Trash } from "./trash.ts";
import { KernelTreeOpener } from "./trees.ts";
import type { Collected, Store, StoreReport } from "./types.ts";

const DRIVERS: Readonly<Record<DriverName, (parts: DriverParts) => SnapshotDriver>> = {
  overlay2: (parts) => new Overlay(parts, new UnpackedLayers(parts)),
  erofs: (parts) => new Overlay(parts, new IndexedLayers(parts)),
  vfs: (parts) => new Vfs(parts),
};

export interface StoreOptions {
  readonly kernel: Kernel;
  /** When absent, what the root has; for a new one chooseDriver() decides. */
  readonly driver?: DriverName;
}

/**
 * Opens the state root, making it when it is new, and removes what dead processes left in it. Rejects with STORE_NEWER, STORE_DRIVER_MISMATCH,
 * STORE_DRIVER_UNUSABLE. The caller disposes the store.
 */
export async function openStore(root: string, options: StoreOptions): Promise<Store> {
  const paths = new Paths(root);
  makeFolders(paths);
  const database = openDatabase(paths.database);
  try {
    const { kernel } = options;
    const driver = await chooseDriver({ paths, database, kernel }, options.driver);
    const store = new OpenedStore(paths, database, { kernel, driver });
    await store.recover();
    return store;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Programs that change their user inside images must not be within reach of the host's users (CVE-2021-41091). */
const PRIVATE = 0o700;

function makeFolders(paths: Paths): void {
  const { ingest, locks, uploads } = paths;
  for (const folder of [
    ...DIGEST_ALGORITHMS.map((algorithm) => paths.blobs(algorithm)),
    ingest,
    locks,
    uploads,
  ])
    mkdirSync(folder, { recursive: true, mode: PRIVATE });
  if (existsSync(paths.ociLayout)) return;
  const { root, layers, snapshots, containers, volumes } = paths;
  chmodSync(root, PRIVATE);
  for (const folder of [layers, snapshots, containers, volumes])
    mkdirSync(folder, { recursive: true, mode: PRIVATE });
  mkdirSync(paths.emptyLayer, { recursive: true, mode: 0o755 });
  // Last, as the sign that all is there; image-spec, image-layout.md#oci-layout-file.
  const temporary = temporaryPath(paths);
  writeFileSync(temporary, '{"imageLayoutVersion":"1.0.0"}', { flush: true });
  renameSync(temporary, paths.ociLayout);
}

class OpenedStore implements Store {
  readonly paths: Paths;
  readonly database: Database;
  readonly content: FileContentStore;
  readonly layers: LayerTable;
  readonly snapshots: SnapshotTable;
  readonly images: ImageTable;
  readonly attestations: AttestationTable;
  readonly leases: LeaseTable;
  readonly locks: FileLocks;
  readonly trees: KernelTreeOpener;
  readonly driver: ChosenDriver;
  readonly trash: Trash;
  readonly #kernel: Kernel;
  readonly #derived: DerivedTrees;

  constructor(
    paths: Paths,
    database: Database,
    { kernel, driver }: { readonly kernel: Kernel; readonly driver: ChosenDriver },
  ) {
    this.paths = paths;
    this.database = database;
    this.#kernel = kernel;
    this.locks = new FileLocks(paths, kernel);
    this.trees = new KernelTreeOpener(kernel);
    this.content = new FileContentStore(paths, database, kernel);
    this.trash = new Trash(paths, kernel);
    const { content, locks, trees, trash } = this;
    this.#derived = new DerivedTrees({ paths, database, locks, kernel });
    const derived = this.#derived;
    this.layers = new LayerTable({ paths, database, content, kernel });
    const snapshotDriver = DRIVERS[driver.name]({ paths, content, derived, trees, kernel });
    this.driver = driver;
    this.snapshots = new SnapshotTable({ paths, database, content, derived, kernel, trash }, snapshotDriver);
    this.leases = new LeaseTable(database, paths, {
      cgroup: removeCgroup,
      snapshot: (key) => this.snapshots.remove(key),
      temporary: (path) => kernel.removeTree(path),
    });
    this.images = new ImageTable({ paths, database, content, leases: this.leases });
    this.attestations = new AttestationTable({ database, content, leases: this.leases });
  }

  /** What a crash of a process, or of the machine, left behind. */
  async recover(): Promise<void> {
    const boot = query<{ value: string }>(this.database, "SELECT value FROM facts WHERE name = 'boot'").get();
    if (boot?.value !== bootId()) await this.#afterBoot();
    const crashed = await this.leases.sweep();
    await removeAbandoned(this.paths, this.#kernel);
    for (const name of readdirSync(this.paths.locks)) this.locks.forget(name);
    if (crashed > 0) await removeStrays(this.paths, this.database, this.#kernel);
  }

  /** Nothing that was not known to be on the disk before the machine stopped is believed to be. */
  async #afterBoot(): Promise<void> {
    await using _lock = await this.locks.hold("boot");
    const known = query<{ value: string }>(
      this.database,
      "SELECT value FROM facts WHERE name = 'boot'",
    ).get();
    if (known?.value === bootId()) return;
    await this.#derived.forgetFleeting();
    await remakeLayers(this);
    this.content.forgetFleeting();
    await this.#derived.forgetOrphans();
    await removeStrays(this.paths, this.database, this.#kernel);
    transact(this.database, () => {
      this.images.rewriteIndex();
      query(this.database, "INSERT OR REPLACE INTO facts (name, value) VALUES ('boot', ?)").run(bootId());
    });
  }

  async flush(): Promise<void> {
    await this.content.flush();
  }

  collect(options: Abortable = {}): Promise<Collected> {
    const { database, content, snapshots, leases } = this;
    const settle = (): Promise<void> => this.#settle();
    const strays = (): Promise<void> => removeStrays(this.paths, database, this.#kernel);
    return collectGarbage({ database, content, snapshots, leases, settle, removeStrays: strays }, options);
  }

  /** A collection is a good moment for it: nobody waits, and what is on the disk need not be made again after a power loss. */
  async #settle(): Promise<void> {
    await this.content.settleAll();
    const fleeting = this.#derived.fleeting();
    if (fleeting.length === 0) return;
    await this.content.syncAll();
    this.#derived.markDurable(fleeting);
  }

  check(options: { readonly quick?: boolean } & Abortable = {}): Promise<StoreReport> {
    const { paths, database, content } = this;
    return checkStore({ paths, database, content }, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.content.close();
    // Waits for the disk when nobody else has it open: a good time for the trash to be emptied.
    this.database.close();
    await this.trash[Symbol.asyncDispose]();
  }
}
