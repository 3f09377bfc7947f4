import { readdirSync } from "node:fs";
import { posix } from "node:path";
import { Failure } from "../../core/errors.ts";
import type { FileStat } from "../../store/types.ts";
import { suggest } from "../dockerfile/suggest.ts";
import { matchPath } from "./patterns.ts";
import type { Selected, SelectedEntry } from "./selected.ts";
import type { SourceRoot } from "./source-root.ts";

/** Directories with more names than this are not searched for one that was meant. */
const MAX_NAMES = 10_000;

/**
 * What one source of a COPY stands for: one thing, or for a pattern every match in the order of a walk, which may be none.
 * Links on the way to a source are followed inside the root; below a directory, links are taken as links.
 * Rejects with COPY_SOURCE_MISSING.
 */
export async function select(root: SourceRoot, source: string): Promise<readonly Selected[]> {
  const { prefix, pattern } = splitPattern(posix.join("/", source));
  const paths = pattern === "" ? [prefix] : await expand(root, prefix, pattern);
  const found = await Promise.all(paths.map((path) => selectPath(root, path)));
  if (pattern === "" && found[0] === undefined) throw missing(root, prefix);
  return found.filter((each) => each !== undefined);
}

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

async function selectPath(root: SourceRoot, path: string): Promise<Selected | undefined> {
  const resolved = root.tree.resolve(path);
  const stat = root.tree.stat(resolved);
  if (stat === undefined || (path !== resolved && hides(root, path))) return undefined;
  const name = posix.basename(path);
  if (stat.type !== "dir")
    return hides(root, resolved) ? undefined : { name, self: entryOf(root, resolved, "", stat), below: [] };
  const below = await selectBelow(root, resolved);
  // A hidden directory is there if something below it is.
  if (below.length === 0 && hides(root, resolved)) return undefined;
  return { name, self: entryOf(root, resolved, "", stat), below };
}

async function selectBelow(root: SourceRoot, directory: string): Promise<readonly SelectedEntry[]> {
  const prefix = posix.join(directory, "/");
  const prune = (root.visibility?.prune ?? [])
    .map((path) => `/${path}`)
    .filter((path) => path.startsWith(prefix))
    .map((path) => path.slice(prefix.length));
  const all = await root.tree.scan(directory, prune.length > 0 ? { prune } : {});
  const shown = (path: string): boolean => !hides(root, prefix + path);
  const kept = root.visibility === undefined ? all : withParents(all, shown);
  return kept.map(({ path, stat }) => entryOf(root, prefix + path, path, stat));
}

/** What is shown, and the directories above it. `entries` have parents before their children. */
function withParents<E extends { readonly path: string }>(
  entries: readonly E[],
  isShown: (path: string) => boolean,
): readonly E[] {
  const needed = new Set<string>();
  const kept: E[] = [];
  for (const entry of entries.toReversed()) {
    if (!needed.has(entry.path) && !isShown(entry.path)) continue;
    needed.add(posix.dirname(entry.path));
    kept.push(entry);
  }
  return kept.reverse();
}

function entryOf(root: SourceRoot, source: string, path: string, stat: FileStat): SelectedEntry {
  return { path, source, stat: root.owner === undefined ? stat : { ...stat, ...root.owner } };
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
