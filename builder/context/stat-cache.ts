import type { Database } from "better-sqlite3";
import { query } from "../../store/database.ts";
import type { FileStat, Tree } from "../../store/types.ts";
import { decodeFingerprint, encodeFingerprint, type Fingerprint, readFingerprints } from "./fingerprint.ts";
import type { SelectedEntry } from "./selected.ts";
import { isSettled } from "./stats.ts";

/** What was known of a file when its fingerprint was read, and the fingerprint. */
interface Known {
  readonly stat: Pick<FileStat, "dev" | "ino" | "size" | "mtimeNs" | "ctimeNs">;
  readonly print: string;
}

/**
 * Remembers what files consist of by their stat (device, inode, size, mtime, ctime), so that unchanged ones are not read again.
 * Git's racy rule: what may have changed after it was read, with the same stat, is not remembered.
 */
export class StatCache {
  readonly #database: Database;
  readonly #context: string;
  readonly #clock: () => number;
  /** By inode: a file is the same wherever it is. */
  readonly #seen = new Map<bigint, Known>();
  #known: KnownFiles | undefined;
  #changed = false;

  /** `context` names the set of files, which is loaded and saved as a whole. */
  constructor(database: Database, context: string, clock: () => number) {
    this.#database = database;
    this.#context = context;
    this.#clock = clock;
  }

  async fingerprints(tree: Tree, entries: readonly SelectedEntry[]): Promise<readonly Fingerprint[]> {
    this.#known ??= this.#load();
    const known = this.#known;
    const lookedAt = this.#clock();
    const found = entries.map(({ stat }) => known.printOf(stat));
    const unknown = entries.filter((_, i) => found[i] === undefined);
    const read = (await readFingerprints(tree, unknown)).values();
    this.#changed ||= unknown.length > 0;
    return entries.map(({ stat }, i) => {
      const before = found[i];
      if (before !== undefined) {
        this.#seen.set(stat.ino, { stat, print: before });
        return decodeFingerprint(before);
      }
      const print = read.next().value ?? { content: "" };
      if (isSettled(stat, lookedAt)) this.#seen.set(stat.ino, { stat, print: encodeFingerprint(print) });
      return print;
    });
  }

  /** Keeps what was seen since this object was made, in place of what was known before. */
  save(): void {
    if (!this.#changed) return;
    query(
      this.#database,
      "INSERT OR REPLACE INTO context_files (context, entries, used) VALUES (?, ?, ?)",
    ).run(this.#context, pack([...this.#seen.values()]), this.#clock());
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
function pack(all: readonly Known[]): Buffer {
  const numbers = new BigInt64Array(1 + all.length * FIELDS);
  numbers[0] = BigInt(all.length);
  all.forEach(({ stat }, i) => {
    numbers.set([stat.dev, stat.ino, BigInt(stat.size), stat.mtimeNs, stat.ctimeNs], 1 + i * FIELDS);
  });
  const prints = all.map(({ print }) => print).join("\n");
  return Buffer.concat([Buffer.from(numbers.buffer), Buffer.from(prints)]);
}

/** What pack() kept, as it was kept: most of it is only compared. */
class KnownFiles {
  readonly #numbers: BigInt64Array;
  readonly #prints: readonly string[];
  readonly #rows = new Map<bigint, number>();

  constructor(packed = pack([])) {
    // A copy is aligned, whatever the buffer was a part of.
    const { buffer } = new Uint8Array(packed);
    const count = Number(new BigInt64Array(buffer, 0, 1)[0]);
    this.#numbers = new BigInt64Array(buffer, 8, count * FIELDS);
    this.#prints = Buffer.from(buffer, 8 * (1 + count * FIELDS))
      .toString("utf8")
      .split("\n");
    for (let row = 0; row < count; row++) this.#rows.set(this.#field(row, 1), row);
  }

  /** The fingerprint of a file whose stat is still the same. */
  printOf({ dev, ino, size, mtimeNs, ctimeNs }: FileStat): string | undefined {
    const row = this.#rows.get(ino);
    if (row === undefined) return undefined;
    const isSame =
      this.#field(row, 4) === ctimeNs &&
      this.#field(row, 3) === mtimeNs &&
      this.#field(row, 2) === BigInt(size) &&
      this.#field(row, 0) === dev;
    return isSame ? this.#prints[row] : undefined;
  }

  #field(row: number, field: number): bigint {
    return this.#numbers[row * FIELDS + field] ?? 0n;
  }
}
