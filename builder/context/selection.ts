import { type Digest, digestOf } from "../../core/digest.ts";
import type { LazyList } from "../../core/lazy-list.ts";
import type { Fingerprint } from "./fingerprint.ts";
import type { Selected, SelectedEntry } from "./selected.ts";

export interface SelectionReader {
  /** Of entriesOf(`selected`), in its order. */
  fingerprints(selected: readonly Selected[]): Promise<LazyList<Fingerprint>>;
  /** Keeps the listing that `content` is the digest of. */
  keepListing(content: Digest, listing: Uint8Array): void;
}

/** The sources of one COPY or ADD; their content is read once, and only when somebody asks. */
export class Selection {
  readonly selected: readonly Selected[];
  /** Patterns that nothing matched, which is no error. */
  readonly empty: readonly string[];
  readonly #reader: SelectionReader;
  #content: Promise<Digest> | undefined;

  constructor(selected: readonly Selected[], empty: readonly string[], reader: SelectionReader) {
    this.selected = selected;
    this.empty = empty;
    this.#reader = reader;
  }

  /** Digest of everything that is placed, with all that counts of it: path, type, mode, owner, content, attributes; not times. */
  content(): Promise<Digest> {
    this.#content ??= this.#digest();
    return this.#content;
  }

  async #digest(): Promise<Digest> {
    const listing = listingOf(this.selected, await this.#reader.fingerprints(this.selected));
    const content = digestOf(listing);
    this.#reader.keepListing(content, listing);
    return content;
  }
}

/** Lines become bytes by so many: as strings of their parts they are several times as large, and copied by every collection of garbage. */
const JOINED = 1024;

function listingOf(selected: readonly Selected[], prints: LazyList<Fingerprint>): Buffer {
  const pieces: Buffer[] = [];
  let lines: string[] = [];
  const flush = (): void => {
    pieces.push(Buffer.from(lines.join("\n")));
    lines = [];
  };
  const add = (line: string): void => {
    if (lines.length === JOINED) {
      // What follows makes a line end.
      lines.push("");
      flush();
    }
    lines.push(line);
  };
  let i = 0;
  for (const { name, self, below } of selected) {
    const links = new Map<string, string>();
    // Of a directory only what is in it is placed, so neither its name nor its mode counts.
    add(self.stat.type === "dir" ? "/\0dir" : lineOf(name, self, prints.at(i), links));
    i++;
    for (const entry of below) add(lineOf(entry.path, entry, prints.at(i++), links));
  }
  flush();
  return Buffer.concat(pieces);
}

function lineOf(
  path: string,
  { stat, owner = stat }: SelectedEntry,
  print: Fingerprint = "",
  links: Map<string, string>,
): string {
  const { type, mode, link = "" } = stat;
  const device = type === "char" || type === "block" ? `${stat.rdevMajor}:${stat.rdevMinor}` : "";
  return `${path}\0${type}\t${mode.toString(8)}\t${owner.uid}:${owner.gid}\t${link}${device}${print}${hardLink(path, stat, links)}`;
}

/** Which names are one file counts too. */
function hardLink(path: string, stat: SelectedEntry["stat"], links: Map<string, string>): string {
  if (stat.nlink < 2 || stat.type === "dir") return "";
  const inode = `${stat.dev}:${stat.ino}`;
  const first = links.get(inode);
  if (first === undefined) links.set(inode, path);
  return first === undefined ? "" : `\t${first}`;
}
