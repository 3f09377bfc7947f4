import { readdirSync } from "node:fs";
import { posix } from "node:path";
import { Failure } from "../../core/errors.ts";
import { LazyList } from "../../core/lazy-list.ts";
import { keepYoungSpaceSmall } from "../../core/young-space.ts";
import { type FileStat, FileTable, type ScanEntry } from "../../store/types.ts";
import { suggest } from "../dockerfile/suggest.ts";
import { IgnoreRules } from "./ignore-rules.ts";
import { matchPath } from "./patterns.ts";
import type { Selected, SelectedEntry } from "./selected.ts";
import type { Source, SourceRoot } from "./source-root.ts";

/** Directories with more names than this are not searched for one that was meant. */
const MAX_NAMES = 10_000;
/** Memory counts from here on more than the start of what comes next. */
const MANY_FILES = 50_000;

/**
 * What one source of a COPY stands for: one thing, or for a pattern every match in the order of a walk, which may be none.
 * Links on the way to a source are followed inside the root; below a directory, links are taken as links.
 * `exclude` is about paths below each match. Rejects with COPY_SOURCE_MISSING.
 */
export async function select(
  root: SourceRoot,
  { path, below }: Source,
  exclude?: IgnoreRules,
): Promise<readonly Selected[]> {
  const { prefix, pattern } = splitPattern(path);
  const paths = pattern === "" ? [prefix] : await expand(root, prefix, pattern);
  const filter = { below, include: below === undefined ? undefined : rulesOf([below]), exclude };
  const found = await Promise.all(paths.map((each) => selectPath(root, each, filter)));
  if (pattern === "" && found[0] === undefined) throw missing(root, prefix);
  const selected = found.filter((each) => each !== undefined);
  // A name must exist; a pattern, or an empty one, may match nothing.
  const mayBeEmpty =
    below === undefined || below === "" || splitPattern(posix.join(path, below)).pattern !== "";
  if (mayBeEmpty || selected.some((each) => each.below.length > 0)) return selected;
  throw missing(root, posix.join(path, below));
}

/** What is taken of a directory. */
interface Filter {
  /** The pattern that `include` was made of. */
  readonly below: string | undefined;
  readonly include: IgnoreRules | undefined;
  readonly exclude: IgnoreRules | undefined;
}

/** Patterns by the rules of an ignore file, in which "#" begins no comment. Throws PATTERN_INVALID. */
export const rulesOf = (patterns: readonly string[]): IgnoreRules =>
  IgnoreRules.parse(patterns.map((each) => (each.startsWith("#") ? `./${each}` : each)).join("\n"));

/** The part before the first component with a wildcard, and the rest. "\" takes the meaning of the next character. */
function splitPattern(source: string): { readonly prefix: string; readonly pattern: string } {
  const parts = posix.join(source, ".").split("/");
  const first = parts.findIndex((part) => /[*?[\\]/.test(part));
  if (first === -1) return { prefix: source, pattern: "" };
  return { prefix: parts.slice(0, first).join("/") || "/", pattern: parts.slice(first).join("/") };
}

async function expand(root: SourceRoot, prefix: string, pattern: string): Promise<readonly string[]> {
  const { default: glob } = await import("fast-glob");
  const directory = root.tree.resolve(prefix);
  const depth = pattern.split("/").length;
  // Go's patterns are not fast-glob's: this lists everything at the right depth, and Go's rules choose.
  const found = await glob(Array<string>(depth).fill("*").join("/"), {
    cwd: hostPath(root, directory),
    deep: depth,
    dot: true,
    onlyFiles: false,
    followSymbolicLinks: false,
    suppressErrors: true,
  });
  return found
    .filter((path) => matchPath(pattern, path))
    .sort(byComponents)
    .map((path) => posix.join(directory, path));
}

/** A path of the tree as this process can open it; only for listing names, as links are not held inside the root. */
const hostPath = (root: SourceRoot, path: string): string => `/proc/self/fd/${root.tree.fd}${path}`;

/** The order of a walk through sorted directories: "a/b" comes before "a.c". */
function byComponents(a: string, b: string): number {
  const [first, second] = [a.replaceAll("/", "\0"), b.replaceAll("/", "\0")];
  return first < second ? -1 : Number(first > second);
}

async function selectPath(root: SourceRoot, path: string, filter: Filter): Promise<Selected | undefined> {
  const resolved = root.tree.resolve(path);
  const stat = root.tree.stat(resolved);
  if (stat === undefined || (path !== resolved && hides(root, path))) return undefined;
  const name = posix.basename(path);
  const self = entryOf(root, resolved, "", stat);
  const own = FileTable.of([self]);
  if (stat.type !== "dir")
    return hides(root, resolved) ? undefined : { name, self, below: LazyList.join([]), files: own };
  const { below, files } = await selectBelow(root, resolved, filter);
  // A hidden directory is there if something below it is.
  if (below.length === 0 && hides(root, resolved)) return undefined;
  return {
    name,
    self: resolved === "/" ? { ...self, timeless: true } : self,
    below,
    files: FileTable.concat([own, files]),
  };
}

async function selectBelow(
  root: SourceRoot,
  directory: string,
  { below, include, exclude }: Filter,
): Promise<Pick<Selected, "below" | "files">> {
  const prefix = posix.join(directory, "/");
  const all = below === undefined ? await scan(root, directory) : await scanPattern(root, directory, below);
  if (all.length > MANY_FILES) await keepYoungSpaceSmall();
  const isAsked = (path: string): boolean => include?.hides(path) !== false && exclude?.hides(path) !== true;
  const isFiltered = include !== undefined || exclude !== undefined;
  const kept =
    isFiltered || root.visibility !== undefined
      ? withParents(all, (path) => !hides(root, prefix + path) && isAsked(path))
      : all;
  const selected = kept.map(({ path, stat }) => {
    const entry = entryOf(root, prefix + path, path, stat);
    return isFiltered && stat.type === "dir" && !isAsked(path) ? { ...entry, timeless: true } : entry;
  });
  return { below: selected, files: kept };
}

function scan(root: SourceRoot, directory: string): Promise<FileTable> {
  const prefix = posix.join(directory, "/");
  const prune = (root.visibility?.prune ?? [])
    .map((path) => `/${path}`)
    .filter((path) => path.startsWith(prefix))
    .map((path) => path.slice(prefix.length));
  return root.tree.scan(directory, prune.length > 0 ? { prune } : {});
}

/** What may match `pattern`: everything below its part without wildcards, with the directories that lead there. */
async function scanPattern(root: SourceRoot, directory: string, pattern: string): Promise<FileTable> {
  const { prefix } = splitPattern(`/${pattern}`);
  const names = prefix.split("/").filter((name) => name !== "");
  const leading: ScanEntry[] = [];
  let path = "";
  for (const name of names) {
    path = posix.join(path, name);
    const stat = root.tree.stat(posix.join(directory, path));
    if (stat === undefined) return FileTable.of(leading);
    leading.push({ path, stat });
    if (stat.type !== "dir") return FileTable.of(leading);
  }
  const found = await scan(root, posix.join(directory, path));
  if (path === "") return found;
  const below = found.map((entry) => ({ ...entry, path: posix.join(path, entry.path) }));
  return FileTable.of([...leading, ...below]);
}

/** What is shown, and the directories above it. `entries` have parents before their children. */
function withParents(entries: FileTable, isShown: (path: string) => boolean): FileTable {
  const needed = new Set<string>();
  const kept: number[] = [];
  for (let i = entries.length - 1; i >= 0; i--) {
    const path = entries.path(i);
    if (!needed.has(path) && !isShown(path)) continue;
    needed.add(posix.dirname(path));
    kept.push(i);
  }
  return kept.length === entries.length ? entries : entries.pick(kept.reverse());
}

function entryOf({ owner }: SourceRoot, source: string, path: string, stat: FileStat): SelectedEntry {
  return owner === undefined ? { path, source, stat } : { path, source, stat, owner };
}

const hides = (root: SourceRoot, path: string): boolean =>
  path !== "/" && (root.visibility?.hides(path.slice(1)) ?? false);

function missing(root: SourceRoot, path: string): Failure {
  const resolved = root.tree.resolve(path);
  const reason = [path, resolved].map((each) => root.visibility?.reason(each.slice(1))).find(Boolean);
  const hidden = root.tree.stat(resolved) !== undefined && reason !== undefined;
  const why = hidden ? ` (excluded by ${reason})` : similar(root, path);
  return new Failure("COPY_SOURCE_MISSING", { source: path.slice(1), where: root.name, why });
}

function similar(root: SourceRoot, path: string): string {
  const parent = posix.dirname(path);
  const names = namesIn(hostPath(root, root.tree.resolve(parent)));
  const near = suggest(posix.basename(path), names, { caseSensitive: true }) ?? sameLetters(path, names);
  return near === undefined ? "" : ` (did you mean ${posix.join(parent, near).slice(1)}?)`;
}

const sameLetters = (path: string, names: readonly string[]): string | undefined =>
  names.find((name) => name.toLowerCase() === posix.basename(path).toLowerCase());

function namesIn(directory: string): readonly string[] {
  try {
    const names = readdirSync(directory);
    return names.length > MAX_NAMES ? [] : names;
  } catch {
    // There is no such directory: nothing to suggest.
    return [];
  }
}
