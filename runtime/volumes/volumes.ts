import { mkdirSync, readdirSync } from "node:fs";
import { dirname } from "node:path";
import type { Database } from "better-sqlite3";
import { Failure } from "../../core/errors.ts";
import { newId } from "../../core/ids.ts";
import type { Kernel } from "../../native/kernel.ts";
import type { Paths } from "../../store/paths.ts";
import type { Locks, Tree } from "../../store/types.ts";
import { readVolumeOptions, type VolumeOptions } from "./volume-options.ts";

export interface VolumeRecord {
  readonly name: string;
  readonly driver: "local";
  /** The directory with its content. */
  readonly mountpoint: string;
  /** RFC 3339. */
  readonly createdAt: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Of the driver; empty for a directory of the state root. */
  readonly options: VolumeOptions;
  /** Made for one container without being named. */
  readonly anonymous: boolean;
}

/** What a volume is made with, besides its name. */
export interface VolumeWishes {
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly options?: VolumeOptions | undefined;
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
  readonly options: string;
  readonly anonymous: number;
}

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;

/** Directories that outlive containers, below volumes/. */
export class Volumes {
  readonly #options: VolumesOptions;

  constructor(options: VolumesOptions) {
    this.#options = options;
  }

  /**
   * The volume `name`, made if there is none; without a name an anonymous one. One that is there stays as it is, whatever is wished, as
   * Docker has it. Throws VOLUME_NAME_INVALID, VOLUME_OPTIONS_INVALID, SIZE_INVALID, OPTION_UNSUPPORTED.
   */
  create(name?: string, { labels = {}, options = {} }: VolumeWishes = {}): VolumeRecord {
    const { database, paths } = this.#options;
    const chosen = name ?? newId();
    if (!NAME.test(chosen)) throw new Failure("VOLUME_NAME_INVALID", { name: chosen });
    readVolumeOptions(chosen, options);
    mkdirSync(paths.volume(chosen), { recursive: true, mode: 0o755 });
    database
      .prepare(
        "INSERT OR IGNORE INTO volumes (name, created, labels, options, anonymous) VALUES (?, ?, ?, ?, ?)",
      )
      .run(
        chosen,
        new Date().toISOString(),
        JSON.stringify(labels),
        JSON.stringify(options),
        name === undefined ? 1 : 0,
      );
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

  /** Removes it with its content; what another place has that it shows stays. Rejects with VOLUME_UNKNOWN, VOLUME_IN_USE. */
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

  /**
   * Fills an empty volume with what the image has at `path`, with the directory's own owner and mode, as Docker does at first use. `target` is
   * the directory with its content where that is not the volume's own.
   */
  async fill(
    name: string,
    image: Tree,
    path: string,
    target: string = this.#options.paths.volume(name),
  ): Promise<void> {
    const { kernel } = this.#options;
    const source = image.resolve(path);
    if (image.stat(source)?.type !== "dir") return;
    await using _lock = await this.#lock(name);
    if (readdirSync(target).length > 0) return;
    // The image's mount is in no namespace: its descriptor is the only way to it.
    await kernel.copyTree(`/proc/self/fd/${image.fd}${source}`, target);
  }

  #lock(name: string): Promise<AsyncDisposable> {
    return this.#options.locks.hold(`volume-${name}`);
  }

  #describe({ name, created, labels, options, anonymous }: Row): VolumeRecord {
    return {
      name,
      driver: "local",
      mountpoint: this.#options.paths.volume(name),
      createdAt: created,
      labels: JSON.parse(labels) as Record<string, string>,
      options: JSON.parse(options) as VolumeOptions,
      anonymous: anonymous !== 0,
    };
  }
}
