import { LazyList } from "../../core/lazy-list.ts";
import type { FileFingerprint, Tree } from "../../store/types.ts";
import type { SelectedEntry } from "./selected.ts";

/**
 * What an entry consists of beside its stat, as one line without tabs: the content of a file and extended attributes; "" for what has neither.
 */
export type Fingerprint = string;

/** Reads the content and attributes of entries; the result is in their order. */
export async function readFingerprints(
  tree: Tree,
  entries: LazyList<SelectedEntry>,
): Promise<LazyList<Fingerprint>> {
  const files: string[] = [];
  const rows = new Int32Array(entries.length).fill(-1);
  const others = new Map<number, Fingerprint>();
  for (const [i, { stat, source }] of entries.entries()) {
    if (stat.type === "file") rows[i] = files.push(source) - 1;
    // Links have no attributes that a layer keeps.
    else if (stat.type !== "symlink") {
      const xattrs = attributesOf(tree, source);
      if (xattrs !== undefined) others.set(i, encode({ content: "", xattrs }));
    }
  }
  const read = await tree.fingerprint(files);
  return new LazyList(entries.length, (i) => {
    const print = read.at(rows[i] ?? -1);
    return print === undefined ? (others.get(i) ?? "") : encode(print);
  });
}

/** The extended attributes that a layer keeps; undefined when there are none. The layer writer reads those of files itself. */
export function attributesOf(tree: Tree, path: string): ReadonlyMap<string, Buffer> | undefined {
  const xattrs = tree.xattrs(path);
  return xattrs.size === 0 ? undefined : xattrs;
}

function encode({ content, xattrs }: FileFingerprint): Fingerprint {
  if (xattrs === undefined) return content;
  const pairs = [...xattrs].sort(([a], [b]) => (a < b ? -1 : 1));
  return `${content} ${JSON.stringify(pairs.map(([name, value]) => [name, value.toString("base64")]))}`;
}
