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
  #known: ReadonlyMap<bigint, Known> | undefined;
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
    const found = entries.map(({ stat }) => this.#same(known.get(stat.ino), stat));
    const unknown = entries.filter((_, i) => found[i] === undefined);
    const read = (await readFingerprints(tree, unknown)).values();
    this.#changed ||= unknown.length > 0;
    return entries.map(({ stat }, i) => {
      const before = found[i];
      if (before !== undefined) {
        this.#seen.set(stat.ino, before);
        return decodeFingerprint(before.print);
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

  #same(known: Known | undefined, stat: FileStat): Known | undefined {
    if (known === undefined) return undefined;
    const { ctimeNs, mtimeNs, size, dev } = known.stat;
    const isSame =
      ctimeNs === stat.ctimeNs && mtimeNs === stat.mtimeNs && size === stat.size && dev === stat.dev;
    return isSame ? known : undefined;
  }

  #load(): ReadonlyMap<bigint, Known> {
    const row = query<{ entries: Buffer }>(
      this.#database,
      "SELECT entries FROM context_files WHERE context = ?",
    ).get(this.#context);
    return new Map(row === undefined ? [] : unpack(row.entries).map((known) => [known.stat.ino, known]));
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

function unpack(packed: Buffer): readonly Known[] {
  // A copy is aligned, whatever the buffer was a part of.
  const { buffer } = new Uint8Array(packed);
  const count = Number(new BigInt64Array(buffer, 0, 1)[0]);
  const numbers = new BigInt64Array(buffer, 8, count * FIELDS);
  const prints = Buffer.from(buffer, 8 * (1 + count * FIELDS))
    .toString("utf8")
    .split("\n");
  const field = (i: number, at: number): bigint => numbers[i * FIELDS + at] ?? 0n;
  return Array.from({ length: count }, (_, i) => {
    const size = Number(field(i, 2));
    const stat = { dev: field(i, 0), ino: field(i, 1), size, mtimeNs: field(i, 3), ctimeNs: field(i, 4) };
    return { stat, print: prints[i] ?? "" };
  });
}
