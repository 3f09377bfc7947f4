import type { Database } from "better-sqlite3";
import { LazyList } from "../../core/lazy-list.ts";
import { query } from "../../store/database.ts";
import type { FileStat, Tree } from "../../store/types.ts";
import { type Fingerprint, readFingerprints } from "./fingerprint.ts";
import type { SelectedEntry } from "./selected.ts";
import { isSettled } from "./stats.ts";

/** Files that were looked at together, and what they consist of. */
interface Seen {
  readonly entries: LazyList<SelectedEntry>;
  readonly prints: LazyList<Fingerprint>;
  readonly lookedAt: number;
}

/**
 * Remembers what files consist of by their stat (device, inode, size, mtime, ctime), so that unchanged ones are not read again.
 * Git's racy rule: what may have changed after it was read, with the same stat, is not remembered.
 */
export class StatCache {
  readonly #database: Database;
  readonly #context: string;
  readonly #clock: () => number;
  readonly #seen: Seen[] = [];
  #known: KnownFiles | undefined;
  #changed = false;

  /** `context` names the set of files, which is loaded and saved as a whole. */
  constructor(database: Database, context: string, clock: () => number) {
    this.#database = database;
    this.#context = context;
    this.#clock = clock;
  }

  async fingerprints(tree: Tree, entries: LazyList<SelectedEntry>): Promise<LazyList<Fingerprint>> {
    this.#known ??= this.#load();
    const known = this.#known;
    const lookedAt = this.#clock();
    // Where the fingerprint is: a row of what is known, or -1 and below for what is read now.
    const rows = new Int32Array(entries.length);
    let count = 0;
    const unknown = entries.filter(({ stat }, i) => {
      const row = known.find(stat);
      rows[i] = row ?? --count;
      return row === undefined;
    });
    const read = await readFingerprints(tree, unknown);
    this.#changed ||= unknown.length > 0;
    const prints = new LazyList(entries.length, (i) => {
      const row = rows[i] ?? 0;
      return (row < 0 ? read.at(-1 - row) : known.prints[row]) ?? "";
    });
    this.#seen.push({ entries, prints, lookedAt });
    return prints;
  }

  /** Keeps what was seen since this object was made, in place of what was known before. */
  save(): void {
    if (!this.#changed) return;
    query(
      this.#database,
      "INSERT OR REPLACE INTO context_files (context, entries, used) VALUES (?, ?, ?)",
    ).run(this.#context, pack(this.#seen), this.#clock());
  }

  #load(): KnownFiles {
    const row = query<{ entries: Buffer }>(
      this.#database,
      "SELECT entries FROM context_files WHERE context = ?",
    ).get(this.#context);
    return new KnownFiles(row?.entries);
  }
}

const FIELDS = 5;

/** Five 64-bit integers a file, then the fingerprints, one a line: tens of thousands are read in milliseconds. */
function pack(seen: readonly Seen[]): Buffer {
  const most = seen.reduce((sum, { entries }) => sum + entries.length, 0);
  const numbers = new BigInt64Array(1 + most * FIELDS);
  const prints: string[] = [];
  // A file is the same wherever it is.
  const rows = new Map<bigint, number>();
  for (const { entries, prints: found, lookedAt } of seen)
    for (const [i, { stat }] of entries.entries()) {
      if (!isSettled(stat, lookedAt)) continue;
      const { dev, ino, size, mtimeNs, ctimeNs } = stat;
      const row = rows.get(ino) ?? rows.size;
      rows.set(ino, row);
      numbers.set([dev, ino, BigInt(size), mtimeNs, ctimeNs], 1 + row * FIELDS);
      prints[row] = found.at(i) ?? "";
    }
  numbers[0] = BigInt(rows.size);
  const packed = numbers.subarray(0, 1 + rows.size * FIELDS);
  return Buffer.concat([Buffer.from(packed.buffer, 0, packed.byteLength), Buffer.from(prints.join("\n"))]);
}

/** What pack() kept, as it was kept: most of it is only compared. */
class KnownFiles {
  readonly prints: readonly Fingerprint[];
  readonly #numbers: BigInt64Array;
  readonly #rows = new Map<bigint, number>();

  constructor(packed = pack([])) {
    // A copy is aligned, whatever the buffer was a part of.
    const { buffer } = new Uint8Array(packed);
    const count = Number(new BigInt64Array(buffer, 0, 1)[0]);
    this.#numbers = new BigInt64Array(buffer, 8, count * FIELDS);
    this.prints = Buffer.from(buffer, 8 * (1 + count * FIELDS))
      .toString("utf8")
      .split("\n");
    for (let row = 0; row < count; row++) this.#rows.set(this.#field(row, 1), row);
  }

  /** The row of a file whose stat is still the same. */
  find({ dev, ino, size, mtimeNs, ctimeNs }: FileStat): number | undefined {
    const row = this.#rows.get(ino);
    if (row === undefined) return undefined;
    const isSame =
      this.#field(row, 4) === ctimeNs &&
      this.#field(row, 3) === mtimeNs &&
      this.#field(row, 2) === BigInt(size) &&
      this.#field(row, 0) === dev;
    return isSame ? row : undefined;
  }

  #field(row: number, field: number): bigint {
    return this.#numbers[row * FIELDS + field] ?? 0n;
  }
}
