import { mkdirSync, readdirSync, rmdirSync } from "node:fs";
import { dirname } from "node:path";
import type { Database } from "better-sqlite3";
import { Failure } from "../../core/errors.ts";
import { newId } from "../../core/ids.ts";
import type { Kernel } from "../../native/kernel.ts";
import type { Paths } from "../../store/paths.ts";
import type { Locks, Tree } from "../../store/types.ts";

export interface VolumeRecord {
  readonly name: string;
  readonly driver: "local";
  /** The directory with its content. */
  readonly mountpoint: string;
  /** RFC 3339. */
  readonly createdAt: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Made for one container without being named. */
  readonly anonymous: boolean;
}

export interface VolumesOptions {
  readonly paths: Paths;
  readonly database: Database;
  readonly locks: Locks;
  readonly kernel: Pick<Kernel, "copyTree" | "removeTree">;
}

interface Row {
  readonly name: string;
  readonly created: string;
  readonly labels: string;
  readonly anonymous: number;
}

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;

/** Directories that outlive containers, below volumes/. */
export class Volumes {
  readonly #options: VolumesOptions;

  constructor(options: VolumesOptions) {
    this.#options = options;
  }

  /** The volume `name`, made if there is none; without a name an anonymous one. Throws VOLUME_NAME_INVALID. */
  create(name?: string, labels: Readonly<Record<string, string>> = {}): VolumeRecord {
    const { database, paths } = this.#options;
    const chosen = name ?? newId();
    if (!NAME.test(chosen)) throw new Failure("VOLUME_NAME_INVALID", { name: chosen });
    mkdirSync(paths.volume(chosen), { recursive: true, mode: 0o755 });
    database
      .prepare("INSERT OR IGNORE INTO volumes (name, created, labels, anonymous) VALUES (?, ?, ?, ?)")
      .run(chosen, new Date().toISOString(), JSON.stringify(labels), name === undefined ? 1 : 0);
    return this.get(chosen);
  }

  /** Throws VOLUME_UNKNOWN. */
  get(name: string): VolumeRecord {
    const row = this.#row(name);
    if (row === undefined) throw new Failure("VOLUME_UNKNOWN", { name });
    return this.#describe(row);
  }

  #row(name: string): Row | undefined {
    return this.#options.database.prepare<[string], Row>("SELECT * FROM volumes WHERE name = ?").get(name);
  }

  list(): readonly VolumeRecord[] {
    const rows = this.#options.database.prepare<[], Row>("SELECT * FROM volumes ORDER BY name").all();
    return rows.map((row) => this.#describe(row));
  }

  /** Ids of the containers that have it. */
  usersOf(name: string): readonly string[] {
    return this.#options.database
      .prepare<[string], { container: string }>("SELECT container FROM container_volumes WHERE volume = ?")
      .all(name)
      .map(({ container }) => container);
  }

  /** Marks it as used by a container until that one's row goes. */
  use(name: string, container: string): void {
    this.#options.database
      .prepare("INSERT OR IGNORE INTO container_volumes (container, volume) VALUES (?, ?)")
      .run(container, name);
  }

  /** A container that goes has it no more; an anonymous one that nobody else has goes, too: then true. Idempotent. */
  async leave(name: string, container: string): Promise<boolean> {
    const { database } = this.#options;
    database.prepare("DELETE FROM container_volumes WHERE container = ? AND volume = ?").run(container, name);
    const row = this.#row(name);
    if (row?.anonymous !== 1 || this.usersOf(name).length > 0) return false;
    await this.remove(name);
    return true;
  }

  /** Removes it with its content. Rejects with VOLUME_UNKNOWN, VOLUME_IN_USE. */
  async remove(name: string): Promise<void> {
    const { database, kernel, paths } = this.#options;
    await using _lock = await this.#lock(name);
    database
      .transaction(() => {
        this.get(name);
        const by = this.usersOf(name);
        if (by.length > 0) throw new Failure("VOLUME_IN_USE", { name, by });
        database.prepare("DELETE FROM volumes WHERE name = ?").run(name);
      })
      .immediate();
    await kernel.removeTree(dirname(paths.volume(name)));
  }

  /** Fills an empty volume with what the image has at `path`, with the directory's own owner and mode, as Docker does at first use. */
  async fill(name: string, image: Tree, path: string): Promise<void> {
    const { kernel, paths } = this.#options;
    const source = image.resolve(path);
    if (image.stat(source)?.type !== "dir") return;
    await using _lock = await this.#lock(name);
    const target = paths.volume(name);
    if (readdirSync(target).length > 0) return;
    rmdirSync(target);
    // The image's mount is in no namespace: its descriptor is the only way to it.
    await kernel.copyTree(`/proc/self/fd/${image.fd}${source}`, target);
  }

  #lock(name: string): Promise<AsyncDisposable> {
    return this.#options.locks.hold(`volume-${name}`);
  }

  #describe({ name, created, labels, anonymous }: Row): VolumeRecord {
    return {
      name,
      driver: "local",
      mountpoint: this.#options.paths.volume(name),
      createdAt: created,
      labels: JSON.parse(labels) as Record<string, string>,
      anonymous: anonymous !== 0,
    };
  }
}
