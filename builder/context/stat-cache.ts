import type { Database } from "better-sqlite3";
import { query } from "../../store/database.ts";
import type { Tree } from "../../store/types.ts";
import { decodeFingerprint, encodeFingerprint, type Fingerprint, readFingerprints } from "./fingerprint.ts";
import type { SelectedEntry } from "./selected.ts";
import { isSettled } from "./stats.ts";

/**
 * Remembers what files consist of by their stat (device, inode, size, mtime, ctime), so that unchanged ones are not read again.
 * Git's racy rule: what may have changed after it was read, with the same stat, is not remembered.
 */
export class StatCache {
  readonly #database: Database;
  readonly #context: string;
  readonly #clock: () => number;
  readonly #seen = new Map<string, string>();
  #known: ReadonlyMap<string, string> | undefined;
  #changed = false;

  /** `context` names the set of files, which is loaded and saved as a whole. */
  constructor(database: Database, context: string, clock: () => number) {
    this.#database = database;
    this.#context = context;
    this.#clock = clock;
  }

  async fingerprints(tree: Tree, entries: readonly SelectedEntry[]): Promise<readonly Fingerprint[]> {
    this.#known ??= this.#load();
    const lookedAt = this.#clock();
    const found = entries.map((entry) => this.#known?.get(keyOf(entry)));
    const unknown = entries.filter((_, i) => found[i] === undefined);
    const read = await readFingerprints(tree, unknown);
    const fresh = new Map(unknown.map((entry, i) => [entry, read[i] ?? { content: "" }]));
    this.#changed ||= unknown.length > 0;
    return entries.map((entry, i) => {
      const known = found[i];
      const print = known === undefined ? (fresh.get(entry) ?? { content: "" }) : decodeFingerprint(known);
      if (known !== undefined || isSettled(entry.stat, lookedAt))
        this.#seen.set(keyOf(entry), known ?? encodeFingerprint(print));
      return print;
    });
  }

  /** Keeps what was seen since this object was made, in place of what was known before. */
  save(): void {
    if (!this.#changed) return;
    const lines = [...this.#seen].map(([key, print]) => `${key}\t${print}`);
    query(
      this.#database,
      "INSERT OR REPLACE INTO context_files (context, entries, used) VALUES (?, ?, ?)",
    ).run(this.#context, Buffer.from(lines.join("\n")), this.#clock());
  }

  #load(): ReadonlyMap<string, string> {
    const row = query<{ entries: Buffer }>(
      this.#database,
      "SELECT entries FROM context_files WHERE context = ?",
    ).get(this.#context);
    const lines =
      row === undefined || row.entries.length === 0 ? [] : row.entries.toString("utf8").split("\n");
    return new Map(
      lines.map((line) => {
        const tab = line.indexOf("\t");
        return [line.slice(0, tab), line.slice(tab + 1)];
      }),
    );
  }
}

/** A file is known by its inode, wherever it is; what changes it changes its ctime. */
const keyOf = ({ stat }: SelectedEntry): string =>
  `${stat.dev}.${stat.ino}.${stat.size}.${stat.mtimeNs}.${stat.ctimeNs}`;
