import type { CacheLayer } from "./document.ts";

/** A cache mount that another machine's cache has. */
export interface RemoteMount {
  readonly layer: CacheLayer;
  /** Which cache that is, as messages name it. */
  readonly from: string;
  /** Brings the layer into the store. */
  readonly fetch: (signal: AbortSignal) => Promise<void>;
}

export interface NamedMount {
  /** Of its directory. */
  readonly name: string;
  /** What it is for, for people. */
  readonly id: string;
}

/** The cache mounts of one build: those that its steps name, those that its commands had, and those that other machines have. */
export class BuildMounts {
  readonly #named = new Map<string, NamedMount>();
  readonly #used = new Set<string>();
  readonly #found = new Map<string, RemoteMount>();
  #passing = false;

  /** A step mounts it, whether or not it is performed. */
  name(mount: NamedMount): void {
    this.#named.set(mount.name, mount);
  }

  /** A command has it. */
  use(name: string): void {
    this.#used.add(name);
  }

  isUsed(name: string): boolean {
    return this.#used.has(name);
  }

  /** In order of their names. */
  list(): readonly NamedMount[] {
    return [...this.#named.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Of equal names the first counts. */
  offer(name: string, mount: RemoteMount): void {
    if (!this.#found.has(name)) this.#found.set(name, mount);
  }

  find(name: string): RemoteMount | undefined {
    return this.#found.get(name);
  }

  /** A layer of a mount is in the store, where nobody wants it when the build has ended. */
  pass(): void {
    this.#passing = true;
  }

  get hasPassing(): boolean {
    return this.#passing;
  }
}
