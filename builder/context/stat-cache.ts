import type { Database } from "better-sqlite3";
import { LazyList } from "../../core/lazy-list.ts";
import { query } from "../../store/database.ts";
import { type FileTable, IDENTITY_WORDS, type Tree } from "../../store/types.ts";
import { type Fingerprint, readFingerprints } from "./fingerprint.ts";
import { entriesOf, filesOf, type Selected } from "./selected.ts";
import { settledAt } from "./stats.ts";

/** Files that were looked at together, and what they consist of. */
interface Seen {
  readonly files: FileTable;
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

  /** Of entriesOf(`selected`), in its order. */
  async fingerprints(tree: Tree, selected: readonly Selected[]): Promise<LazyList<Fingerprint>> {
    this.#known ??= this.#load();
    const known = this.#known;
    const lookedAt = this.#clock();
    const files = filesOf(selected);
    const rows = known.find(files);
    const unknown: number[] = [];
    for (let i = 0; i < rows.length; i++) if (rows[i] === UNKNOWN) unknown.push(i);
    const read = await readFingerprints(tree, entriesOf(selected).pick(unknown));
    this.#changed ||= unknown.length > 0;
    // Where the others are among those that were read.
    for (const [i, index] of unknown.entries()) rows[index] = UNKNOWN - i;
    const prints = new LazyList(rows.length, (i) => {
      const row = rows[i] ?? 0;
      return (row <= UNKNOWN ? read.at(UNKNOWN - row) : known.prints[row]) ?? "";
    });
    this.#seen.push({ files, prints, lookedAt });
    return prints;
  }

  /** Keeps what was seen since this object was made, in place of what was known before. */
  save(): void {
    if (!this.#changed) return;
    query(
      this.#database,
      "INSERT OR REPLACE INTO context_files (context, entries, used) VALUES (?, ?, ?)",
    ).run(this.#context, pack(this.#seen), this.#clock());
    this.#changed = false;
  }

  #load(): KnownFiles {
    const row = query<{ entries: Buffer }>(
      this.#database,
      "SELECT entries FROM context_files WHERE context = ?",
    ).get(this.#context);
    return new KnownFiles(row?.entries);
  }
}

/** In place of a row. */
const UNKNOWN = -1;
const WORD_BYTES = Uint32Array.BYTES_PER_ELEMENT;
/** How many files there are, and nothing. */
const HEAD_WORDS = 2;

/** The identity of each file, then the fingerprints, one a line: tens of thousands are read in milliseconds. */
function pack(seen: readonly Seen[]): Buffer {
  const most = seen.reduce((sum, { files }) => sum + files.length, 0);
  const words = new Uint32Array(HEAD_WORDS + most * IDENTITY_WORDS);
  const prints: string[] = [];
  // A file is the same wherever it is.
  const rows = new Map<number, number>();
  for (const { files, prints: found, lookedAt } of seen) {
    const isSettled = settledAt(lookedAt);
    for (let i = 0; i < files.length; i++) {
      if (!isSettled(files, i)) continue;
      const at = HEAD_WORDS + rows.size * IDENTITY_WORDS;
      files.copyIdentity(i, words, at);
      const inode = inodeAt(words, at);
      const row = rows.get(inode) ?? rows.size;
      if (row < rows.size) files.copyIdentity(i, words, HEAD_WORDS + row * IDENTITY_WORDS);
      rows.set(inode, row);
      prints[row] = found.at(i) ?? "";
    }
  }
  words[0] = rows.size;
  const packed = Buffer.from(words.buffer, 0, (HEAD_WORDS + rows.size * IDENTITY_WORDS) * WORD_BYTES);
  return Buffer.concat([packed, Buffer.from(prints.join("\n"))]);
}

/** The inode of an identity; for maps only, as two of those that a number does not hold may be one. */
const inodeAt = (words: Uint32Array, at: number): number =>
  (words[at + 2] ?? 0) + (words[at + 3] ?? 0) * 2 ** 32;

/** What pack() kept, as it was kept: most of it is only compared. */
class KnownFiles {
  readonly prints: readonly Fingerprint[];
  readonly #words: Uint32Array;
  readonly #count: number;
  #rows: ReadonlyMap<number, number> | undefined;

  constructor(packed = pack([])) {
    // A copy is aligned, whatever the buffer was a part of.
    const { buffer } = new Uint8Array(packed);
    this.#count = new Uint32Array(buffer, 0, HEAD_WORDS)[0] ?? 0;
    this.#words = new Uint32Array(buffer, HEAD_WORDS * WORD_BYTES, this.#count * IDENTITY_WORDS);
    this.prints = Buffer.from(buffer, (HEAD_WORDS + this.#count * IDENTITY_WORDS) * WORD_BYTES)
      .toString("utf8")
      .split("\n");
  }

  /** The row of each file that is still the same, or UNKNOWN. */
  find(files: FileTable): Int32Array {
    const found = new Int32Array(files.length).fill(UNKNOWN);
    const identity = new Uint32Array(IDENTITY_WORDS);
    // Mostly the files are those of the last time, in their order, and some have changed.
    let next = 0;
    for (let i = 0; i < found.length; i++) {
      let row: number | undefined = next;
      if (!this.#isAt(next, files, i)) {
        files.copyIdentity(i, identity, 0);
        row = this.#search(inodeAt(identity, 0), next);
        if (row === undefined) continue;
      }
      next = row + 1;
      if (this.#isAt(row, files, i)) found[i] = row;
    }
    return found;
  }

  #isAt(row: number, files: FileTable, i: number): boolean {
    return row < this.#count && files.hasIdentity(i, this.#words, row * IDENTITY_WORDS);
  }

  /** The row of a file with this inode, which is `guess` if that may be. */
  #search(inode: number, guess: number): number | undefined {
    if (guess < this.#count && inodeAt(this.#words, guess * IDENTITY_WORDS) === inode) return guess;
    this.#rows ??= this.#index();
    return this.#rows.get(inode);
  }

  #index(): ReadonlyMap<number, number> {
    const rows = new Map<number, number>();
    for (let row = 0; row < this.#count; row++) rows.set(inodeAt(this.#words, row * IDENTITY_WORDS), row);
    return rows;
  }
}
