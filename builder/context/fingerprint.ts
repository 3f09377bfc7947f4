import type { FileFingerprint, Tree } from "../../store/types.ts";
import type { SelectedEntry } from "./selected.ts";

/** What an entry consists of beside its stat: the content of a file, "" for anything else, and extended attributes. */
export type Fingerprint = FileFingerprint;

const EMPTY: Fingerprint = { content: "" };

/** Reads the content and attributes of entries; the result is in their order. */
export async function readFingerprints(
  tree: Tree,
  entries: readonly SelectedEntry[],
): Promise<readonly Fingerprint[]> {
  const files = entries.filter(({ stat }) => stat.type === "file");
  const read = (await tree.fingerprint(files.map(({ source }) => source))).values();
  return entries.map(({ stat: { type }, source }) => {
    if (type === "file") return read.next().value ?? EMPTY;
    // Links have no attributes that a layer keeps.
    const xattrs = type === "symlink" ? undefined : attributesOf(tree, source);
    return xattrs === undefined ? EMPTY : { ...EMPTY, xattrs };
  });
}

/** The extended attributes that a layer keeps; undefined when there are none. The layer writer reads those of files itself. */
export function attributesOf(tree: Tree, path: string): ReadonlyMap<string, Buffer> | undefined {
  const xattrs = tree.xattrs(path);
  return xattrs.size === 0 ? undefined : xattrs;
}

/** One line without tabs. */
export function encodeFingerprint({ content, xattrs }: Fingerprint): string {
  if (xattrs === undefined) return content;
  const pairs = [...xattrs].sort(([a], [b]) => (a < b ? -1 : 1));
  return `${content} ${JSON.stringify(pairs.map(([name, value]) => [name, value.toString("base64")]))}`;
}

export function decodeFingerprint(text: string): Fingerprint {
  const space = text.indexOf(" ");
  if (space === -1) return { content: text };
  const pairs = JSON.parse(text.slice(space + 1)) as readonly (readonly [string, string])[];
  const xattrs = new Map(pairs.map(([name, value]) => [name, Buffer.from(value, "base64")]));
  return { content: text.slice(0, space), xattrs };
}
