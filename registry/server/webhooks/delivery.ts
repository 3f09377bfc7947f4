import { setTimeout as sleep } from "node:timers/promises";
import type { RegistryEvent } from "./event.ts";
import type { Outcome } from "./post.ts";

export interface DeliveryOptions {
  /** In what is reported. */
  readonly name: string;
  readonly send: (events: readonly RegistryEvent[], signal: AbortSignal) => Promise<Outcome>;
  /** One line about events that did not arrive. */
  readonly report: (line: string) => void;
  /** How many events wait at most; the oldest go first. */
  readonly capacity?: number;
  /** The first wait after a failure, which doubles with each further one. */
  readonly firstWaitMs?: number;
  readonly longestWaitMs?: number;
}

/** More at once would make one failure dear. */
const BATCH = 50;
const CAPACITY = 1000;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 5 * 60_000;

/**
 * Events on their way to one receiver, in order, for as long as the process lives: a failure is repeated until it succeeds or the receiver says that
 * it never will.
 */
export class Delivery {
  readonly #options: Required<DeliveryOptions>;
  readonly #waiting: RegistryEvent[] = [];
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;
  #lost = 0;

  constructor(options: DeliveryOptions) {
    this.#options = {
      capacity: CAPACITY,
      firstWaitMs: FIRST_WAIT_MS,
      longestWaitMs: LONGEST_WAIT_MS,
      ...options,
    };
  }

  get pending(): number {
    return this.#waiting.length;
  }

  add(event: RegistryEvent): void {
    if (this.#waiting.length >= this.#options.capacity) {
      this.#waiting.shift();
      if (this.#lost === 0) this.#report("too many events wait, the oldest are lost");
      this.#lost += 1;
    }
    this.#waiting.push(event);
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (this.#waiting.length > 0 && !this.#stop.signal.aborted) {
      const batch = this.#waiting.slice(0, BATCH);
      const outcome = await this.#options.send(batch, this.#stop.signal);
      if (this.#stop.signal.aborted) return;
      if (outcome.ok || outcome.permanent) {
        this.#remove(batch);
        if (!outcome.ok) this.#report(`${outcome.why}: ${batch.length} events are lost`);
        else if (failures > 0 || this.#lost > 0) this.#report(`works again, ${this.#lost} events were lost`);
        [failures, this.#lost] = [0, 0];
        continue;
      }
      failures += 1;
      if (failures === 1) this.#report(`${outcome.why}: trying again`);
      await this.#pause(failures);
    }
  }

  /** Some of a batch may have been pushed out while it was on its way. */
  #remove(batch: readonly RegistryEvent[]): void {
    const sent = new Set(batch);
    while (this.#waiting[0] !== undefined && sent.has(this.#waiting[0])) this.#waiting.shift();
  }

  async #pause(failures: number): Promise<void> {
    const { firstWaitMs, longestWaitMs } = this.#options;
    const wait = Math.min(firstWaitMs * 2 ** (failures - 1), longestWaitMs);
    // Several registries must not come back at once.
    const spread = wait * (0.75 + Math.random() / 2);
    await sleep(spread, undefined, { signal: this.#stop.signal }).catch(() => undefined);
  }

  #report(what: string): void {
    this.#options.report(`webhook ${this.#options.name}: ${what}`);
  }

  /** Gives what waits so long to arrive; says how many did not. */
  async close(drainMs: number): Promise<void> {
    const late = setTimeout(() => this.#stop.abort(), drainMs);
    await this.#running;
    clearTimeout(late);
    this.#stop.abort();
    if (this.#waiting.length > 0)
      this.#report(`${this.#waiting.length} events were not delivered before the end`);
  }
}
