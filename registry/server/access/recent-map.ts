export interface RecentMapOptions {
  /** How many entries stay; the longest untouched goes first. */
  readonly capacity: number;
  /** Milliseconds since it was set. */
  readonly lifetimeMs: number;
  readonly now: () => number;
}

/** Remembers so much for so long: what requests from outside can fill must not grow. */
export class RecentMap<V> {
  readonly #entries = new Map<string, { readonly value: V; readonly until: number }>();
  readonly #options: RecentMapOptions;

  constructor(options: RecentMapOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): V | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    if (entry.until <= this.#options.now()) return undefined;
    // A Map keeps the order of insertion.
    this.#entries.set(key, entry);
    return entry.value;
  }

  set(key: string, value: V): void {
    const { capacity, lifetimeMs, now } = this.#options;
    this.#entries.delete(key);
    this.#entries.set(key, { value, until: now() + lifetimeMs });
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > capacity && oldest !== undefined) this.#entries.delete(oldest);
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }
}
