/** Work that waits for its turn. */
export interface Slots {
  run<T>(work: () => Promise<T>): Promise<T>;
}

/** Slots of which `inner` may have fewer left: first one's own turn, then everybody's. */
export const within = (outer: Slots, inner: Slots): Slots => ({
  run: (work) => inner.run(() => outer.run(work)),
});

/** Lets at most `size` pieces of work run at a time; the rest wait in order. */
export class Semaphore implements Slots {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(size: number) {
    this.#free = size;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free++;
      else next();
    }
  }
}
