import { posix } from "node:path";
import { Failure } from "../../core/errors.ts";

// Patterns for paths, as Go's filepath.Match and moby's patternmatcher have them. Simple ones become regular expressions; as those
// try one way to match after the other, ones with many wildcards are run by following all ways at once.

type Token =
  | { readonly kind: "character"; readonly character: string }
  /** "?": one character but "/". */
  | { readonly kind: "one" }
  /** "*": any number of characters but "/". */
  | { readonly kind: "star" }
  /** `[a-z]`; unlike the wildcards it may match "/". */
  | {
      readonly kind: "class";
      readonly negated: boolean;
      readonly ranges: readonly (readonly [string, string])[];
    }
  /** "**" before more: nothing, or anything that ends with "/". */
  | { readonly kind: "folders" }
  /** "**" at an end: anything. */
  | { readonly kind: "rest" };

/** Patterns longer than this are refused: no path is. */
const MAX_LENGTH = 4096;

export type Matcher = (path: string) => boolean;

/**
 * True when the whole of `path` matches: "*" and "?" stay within one component, `[a-z]` and `[^a-z]` are classes, "\" takes the meaning
 * of the next character. Throws PATTERN_INVALID. https://pkg.go.dev/path/filepath#Match
 */
export const matchPath = (pattern: string, path: string): boolean => compilePattern(pattern)(path);

/** A pattern that matches this path alone. */
export const literalPattern = (path: string): string => path.replace(/[*?[\]\\]/g, "\\$&");

/** The same for many paths. Throws PATTERN_INVALID. */
export const compilePattern = (pattern: string): Matcher => compile(parse(pattern, { deep: false }));

/**
 * A clean pattern of an ignore file, in which "**" matches any number of components. Throws PATTERN_INVALID.
 * https://docs.docker.com/build/concepts/context/#syntax
 */
export const compileDeepPattern = (pattern: string): Matcher => compile(parse(pattern, { deep: true }));

/** With more wildcards than this, a regular expression could take very long to fail. */
const MAX_WILDCARDS = 2;
const isWildcard = ({ kind }: Token): boolean => kind === "star" || kind === "folders" || kind === "rest";

function compile(tokens: readonly Token[]): Matcher {
  if (tokens.every((token) => token.kind === "character")) {
    const text = tokens.map(({ character }) => character).join("");
    return (path) => path === text;
  }
  if (tokens.filter(isWildcard).length > MAX_WILDCARDS) return (path) => run(tokens, path);
  const expression = new RegExp(`^${tokens.map(source).join("")}$`, "su");
  return (path) => expression.test(path);
}

const escaped = (character: string): string => character.replace(/[\\^$.*+?()[\]{}|/-]/, "\\$&");

function source(token: Token): string {
  switch (token.kind) {
    case "character":
      return token.character === "-" ? "-" : escaped(token.character);
    case "one":
      return "[^/]";
    case "star":
      return "[^/]*";
    case "folders":
      return "(?:.*/)?";
    case "rest":
      return ".*";
    case "class": {
      // A range that is the wrong way round has no members.
      const ranges = token.ranges.filter(([low, high]) => code(low) <= code(high));
      return `[${token.negated ? "^" : ""}${ranges.map(([low, high]) => `${escaped(low)}-${escaped(high)}`).join("")}]`;
    }
  }
}

function parse(pattern: string, { deep }: { readonly deep: boolean }): readonly Token[] {
  if (pattern.length > MAX_LENGTH)
    throw invalid(pattern.slice(0, 64), `longer than ${MAX_LENGTH} characters`);
  const characters = Array.from(pattern);
  const tokens: Token[] = [];
  for (let at = 0; at < characters.length; at++) {
    const c = characters[at] ?? "";
    if (c === "[") {
      const { token, end } = parseClass(characters, at, pattern);
      tokens.push(token);
      at = end;
    } else if (c === "\\") {
      at++;
      tokens.push({ kind: "character", character: characters[at] ?? refuse(pattern) });
    } else if (c === "*" && deep && characters[at + 1] === "*") {
      at += characters[at + 2] === "/" ? 2 : 1;
      tokens.push({ kind: at + 1 < characters.length ? "folders" : "rest" });
    } else {
      tokens.push(
        c === "*" ? { kind: "star" } : c === "?" ? { kind: "one" } : { kind: "character", character: c },
      );
    }
  }
  return deep && isSuffix(pattern, tokens) ? [{ kind: "rest" }, ...tokens.slice(1)] : tokens;
}

/** moby takes "**.log" as "ends with .log", but "**l?g" as components before "l?g". */
const isSuffix = (pattern: string, tokens: readonly Token[]): boolean =>
  /^\*\*[^/]/.test(pattern) &&
  !pattern.includes("\\") &&
  tokens.slice(1).every(({ kind }) => kind === "character");

/** A class begins behind "[" and "^", has at least one member, and ends with "]". */
function parseClass(
  characters: readonly string[],
  start: number,
  pattern: string,
): { readonly token: Token; readonly end: number } {
  const negated = characters[start + 1] === "^";
  const ranges: (readonly [string, string])[] = [];
  let at = start + (negated ? 2 : 1);
  const member = (): string => {
    if (characters[at] === "\\") at++;
    else if (characters[at] === "-" || characters[at] === "]") refuse(pattern);
    return characters[at++] ?? refuse(pattern);
  };
  while (characters[at] !== "]" || ranges.length === 0) {
    const low = member();
    if (characters[at] !== "-") {
      ranges.push([low, low]);
      continue;
    }
    at++;
    ranges.push([low, member()]);
  }
  return { token: { kind: "class", negated, ranges }, end: at };
}

const invalid = (pattern: string, why: string): Failure => new Failure("PATTERN_INVALID", { pattern, why });
function refuse(pattern: string): never {
  throw invalid(pattern, "syntax error in pattern");
}

/** Keeps the positions in the pattern that are reached after the characters so far. */
function run(tokens: readonly Token[], path: string): boolean {
  let reached: number[] = [];
  enter(tokens, 0, reached);
  for (const c of path) {
    if (reached.length === 0) return false;
    const next: number[] = [];
    for (const at of reached) step(tokens, at, { c, into: next });
    reached = next;
  }
  return reached.includes(tokens.length);
}

/** Reaches `at`, and what lies behind it if it may match nothing. */
function enter(tokens: readonly Token[], at: number, into: number[]): void {
  for (let i = at; !into.includes(i); i++) {
    into.push(i);
    const token = tokens[i];
    if (token === undefined || !isWildcard(token)) return;
  }
}

function step(
  tokens: readonly Token[],
  at: number,
  { c, into }: { readonly c: string; readonly into: number[] },
): void {
  const token = tokens[at];
  if (token === undefined) return;
  if (token.kind === "rest" || (token.kind === "star" && c !== "/")) enter(tokens, at, into);
  else if (token.kind === "folders") {
    // Within a component only this position goes on; behind "/" the rest of the pattern may begin.
    if (c === "/") enter(tokens, at + 1, into);
    if (!into.includes(at)) into.push(at);
  } else if (consumes(token, c)) enter(tokens, at + 1, into);
}

function consumes(token: Token, c: string): boolean {
  if (token.kind === "character") return token.character === c;
  if (token.kind === "one") return c !== "/";
  return token.kind === "class" && inClass(token.ranges, c) !== token.negated;
}

const code = (character: string): number => character.codePointAt(0) ?? 0;
const inClass = (ranges: readonly (readonly [string, string])[], c: string): boolean =>
  ranges.some(([low, high]) => code(low) <= code(c) && code(c) <= code(high));

/** The shortest form of a path, as Go's filepath.Clean has it: no "//", "/./" or "/" at the end, and ".." resolved. */
export function cleanPath(path: string): string {
  const clean = posix.normalize(path);
  return clean.length > 1 && clean.endsWith("/") ? clean.slice(0, -1) : clean;
}
