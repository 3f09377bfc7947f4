import { isIPv6 } from "node:net";
import { Failure } from "../../../core/errors.ts";
import { RecentMap } from "./recent-map.ts";

/** So many failures are forgiven; each further one doubles the wait, up to a limit. An address may stand for many people, a user for one. */
const ADDRESS = { free: 10, longestMs: 60_000 };
const USER = { free: 5, longestMs: 30_000 };
const FIRST_WAIT_MS = 1000;
/** No user's name is longer; what anybody can send must not be kept whole. */
const NAME_LIMIT = 255;
const REMEMBERED = 10_000;
const FORGOTTEN_MS = 15 * 60_000;
const WELCOME_MS = 24 * 60 * 60_000;

interface Failures {
  readonly count: number;
  /** Milliseconds since the epoch: no attempt before. */
  readonly until: number;
}
interface Attempt {
  readonly address: string;
  readonly user: string;
}

/**
 * Slows down who guesses passwords, by address and by user. Who has logged in as a user from an address before is not kept waiting there by the
 * failures of others: nobody can lock a user out.
 */
export class LoginAttempts {
  readonly #now: () => number;
  readonly #failures: RecentMap<Failures>;
  readonly #welcome: RecentMap<true>;

  constructor(now: () => number = Date.now) {
    this.#now = now;
    this.#failures = new RecentMap({ capacity: 2 * REMEMBERED, lifetimeMs: FORGOTTEN_MS, now });
    this.#welcome = new RecentMap({ capacity: REMEMBERED, lifetimeMs: WELCOME_MS, now });
  }

  /**
   * Counts as failed until succeed() is called, so that many at once are no way around it. Throws TOO_MANY_ATTEMPTS while the address or the user has
   * to wait.
   */
  begin(attempt: Attempt): void {
    const keys = this.#keysOf(attempt);
    const wait = Math.max(...keys.map(([key]) => (this.#failures.get(key)?.until ?? 0) - this.#now()));
    if (wait > 0) throw new Failure("TOO_MANY_ATTEMPTS", { seconds: Math.ceil(wait / 1000) });
    for (const [key, { free, longestMs }] of keys) {
      const count = (this.#failures.get(key)?.count ?? 0) + 1;
      const pause = count <= free ? 0 : Math.min(FIRST_WAIT_MS * 2 ** (count - free - 1), longestMs);
      this.#failures.set(key, { count, until: this.#now() + pause });
    }
  }

  succeed(attempt: Attempt): void {
    const [address, user] = this.#keysOf(attempt);
    if (user !== undefined) this.#failures.delete(user[0]);
    // Only this attempt is taken back: one good account is no licence to try the others.
    const failures = address === undefined ? undefined : this.#failures.get(address[0]);
    if (address !== undefined && failures !== undefined)
      this.#failures.set(address[0], { count: failures.count - 1, until: 0 });
    this.#welcome.set(pairOf(attempt), true);
  }

  #keysOf(attempt: Attempt): readonly (readonly [key: string, limit: typeof USER])[] {
    const address = [`address ${networkOf(attempt.address)}`, ADDRESS] as const;
    if (this.#welcome.get(pairOf(attempt)) !== undefined) return [address];
    return [address, [`user ${attempt.user.slice(0, NAME_LIMIT)}`, USER]];
  }
}

const pairOf = ({ address, user }: Attempt): string =>
  JSON.stringify([networkOf(address), user.slice(0, NAME_LIMIT)]);

/** One customer of a provider has 2⁶⁴ addresses of IPv6 at least. */
function networkOf(address: string): string {
  if (!isIPv6(address) || address.startsWith("::ffff:")) return address;
  const [head = "", tail] = address.split("::");
  const groups = head.split(":").filter((group) => group !== "");
  const rest = (tail ?? "").split(":").filter((group) => group !== "");
  const zeros = tail === undefined ? 0 : 8 - groups.length - rest.length;
  return [...groups, ...Array.from({ length: zeros }, () => "0"), ...rest].slice(0, 4).join(":");
}
