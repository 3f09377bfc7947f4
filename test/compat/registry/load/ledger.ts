/** What a tag means. `digest`: what the registry acknowledged last; undefined: nothing, or its removal. */
export interface Entry {
  readonly repository: string;
  readonly tag: string;
  readonly owner: number;
  digest: string | undefined;
  /** What a request under way makes of it. */
  pending: { readonly digest: string | undefined } | undefined;
  /** How often it changed. */
  changes: number;
}

/** An upload that was begun, and what the registry acknowledged of it. */
export interface Upload {
  readonly location: string;
  readonly repository: string;
  readonly content: Buffer;
  readonly digest: string;
  acknowledged: number;
  /** A request under way may have ended it. */
  finishing: boolean;
}

/** What clients were told by a registry, so that it can be held to it. */
export class Ledger {
  readonly #entries = new Map<string, Entry>();
  readonly uploads = new Set<Upload>();
  /** Manifests by subject, as "<repository>@<digest>", whose push was acknowledged. */
  readonly referrers = new Map<string, Set<string>>();
  /** What should not have happened, one line each. */
  readonly failures: string[] = [];
  readonly counts = { pushed: 0, pulled: 0, overtaken: 0, deleted: 0, referrers: 0, bytesIn: 0, bytesOut: 0 };

  entry(repository: string, tag: string, owner: number): Entry {
    const key = `${repository}:${tag}`;
    const known = this.#entries.get(key);
    if (known !== undefined) return known;
    const fresh: Entry = { repository, tag, owner, digest: undefined, pending: undefined, changes: 0 };
    this.#entries.set(key, fresh);
    return fresh;
  }

  /** Tags that are there, and that nobody is changing. */
  settled(): readonly Entry[] {
    return [...this.#entries.values()].filter((entry) => isSettled(entry));
  }

  ownedBy(owner: number): readonly Entry[] {
    return this.settled().filter((entry) => entry.owner === owner);
  }

  /** Tags whose last request nobody saw end. */
  unsettled(): readonly Entry[] {
    return [...this.#entries.values()].filter(({ pending }) => pending !== undefined);
  }

  settle(entry: Entry, digest: string | undefined): void {
    entry.digest = digest;
    entry.pending = undefined;
    entry.changes += 1;
    if (digest === undefined) this.#entries.delete(`${entry.repository}:${entry.tag}`);
  }
}

export const isSettled = ({ digest, pending }: Entry): boolean =>
  digest !== undefined && pending === undefined;
