import { createHmac, randomBytes } from "node:crypto";
import { Failure } from "../../../core/errors.ts";
import { matchesHash } from "../../access/passwords.ts";
import { RecentMap } from "./recent-map.ts";

const KEPT = 4096;
const KEPT_MS = 5 * 60_000;
/** bcrypt takes a core for as long as it runs, and libuv has four threads, which files need too. */
const PARALLEL = 2;
const LONGEST_QUEUE = 64;

export interface Attempt {
  readonly user: string;
  readonly password: string;
  readonly hash: string;
}

/**
 * Compares passwords with bcrypt hashes. Those that were right are remembered for a while under a key nobody else can make, so that a client that
 * sends its password with each request costs one comparison; equal attempts at the same time share one. A changed hash is another attempt.
 */
export class PasswordVerifier {
  readonly #secret = randomBytes(32);
  readonly #known: RecentMap<true>;
  readonly #running = new Map<string, Promise<boolean>>();
  readonly #waiting: (() => void)[] = [];
  readonly #compare: typeof matchesHash;
  #active = 0;

  constructor({ now = Date.now, compare = matchesHash } = {}) {
    this.#known = new RecentMap({ capacity: KEPT, lifetimeMs: KEPT_MS, now });
    this.#compare = compare;
  }

  /** Whether the answer is known, or being found: then verify() costs nothing more. */
  isCheap(attempt: Attempt): boolean {
    const key = this.#keyOf(attempt);
    return this.#known.get(key) !== undefined || this.#running.has(key);
  }

  /** Rejects with TOO_MANY_ATTEMPTS when too many others wait. */
  async verify(attempt: Attempt): Promise<boolean> {
    const key = this.#keyOf(attempt);
    if (this.#known.get(key) !== undefined) return true;
    const running = this.#running.get(key) ?? this.#run(key, attempt);
    return running;
  }

  #run(key: string, { password, hash }: Attempt): Promise<boolean> {
    const running = this.#take()
      .then(() => this.#compare(password, hash).finally(() => this.#give()))
      .then((right) => {
        if (right) this.#known.set(key, true);
        return right;
      })
      .finally(() => this.#running.delete(key));
    this.#running.set(key, running);
    return running;
  }

  async #take(): Promise<void> {
    if (this.#active < PARALLEL) {
      this.#active += 1;
      return;
    }
    if (this.#waiting.length >= LONGEST_QUEUE) throw new Failure("TOO_MANY_ATTEMPTS", { seconds: 1 });
    // Whoever ends hands its place on.
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #give(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#active -= 1;
    else next();
  }

  #keyOf({ user, password, hash }: Attempt): string {
    return createHmac("sha256", this.#secret)
      .update(JSON.stringify([user, hash, password]))
      .digest("base64");
  }
}
