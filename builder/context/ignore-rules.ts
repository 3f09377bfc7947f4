import { Failure } from "../../core/errors.ts";
import { cleanPath, compileDeepPattern, type Matcher, matchPath } from "./patterns.ts";

/** A line of an ignore file. */
export interface IgnoreRule {
  /** Clean, relative to the context, without "!". */
  readonly pattern: string;
  /** Begins with "!": what it matches is not ignored. */
  readonly exception: boolean;
  /** From 1. */
  readonly line: number;
}
interface CompiledRule extends IgnoreRule {
  readonly matches: Matcher;
}

const WILDCARD = /[*?[\]^\\]/;

/**
 * Decides which paths of a build context are left out. The last rule that matches a path, or a folder above it, counts.
 * Paths are relative and clean: "a/b". https://docs.docker.com/build/concepts/context/#dockerignore-files
 */
export class IgnoreRules {
  readonly rules: readonly IgnoreRule[];
  readonly #rules: readonly CompiledRule[];
  /** For each folder, which rules match it or a folder above it. */
  readonly #folders = new Map<string, Uint8Array>();
  readonly #exceptions: readonly (readonly string[])[];

  private constructor(rules: readonly CompiledRule[]) {
    this.rules = rules;
    this.#rules = rules;
    this.#exceptions = rules.filter(({ exception }) => exception).map(({ pattern }) => pattern.split("/"));
  }

  /** Reads the text of an ignore file. Throws PATTERN_INVALID. */
  static parse(text: string): IgnoreRules {
    const plain = text.startsWith("\ufeff") ? text.slice(1) : text;
    const rules = plain.split("\n").flatMap((line, i) => parseLine(line, i + 1));
    return new IgnoreRules(rules.map((rule) => ({ ...rule, matches: compileDeepPattern(rule.pattern) })));
  }

  hides(path: string): boolean {
    const rule = this.decidingRule(path);
    return rule !== undefined && !rule.exception;
  }

  /** The rule that hides `path` or brings it back; undefined when no rule is about it. */
  decidingRule(path: string): IgnoreRule | undefined {
    return this.#decide(path, this.#above(path));
  }

  /** True when nothing below the folder `path` can be visible, so that it need not be entered. */
  hidesAllBelow(path: string): boolean {
    return this.hides(path) && !this.#exceptions.some((pattern) => reachesBelow(pattern, path.split("/")));
  }

  /** Folders that rules name outright and that need not be entered. */
  get prune(): readonly string[] {
    const named = this.rules.filter(({ pattern, exception }) => !exception && !WILDCARD.test(pattern));
    return [...new Set(named.map(({ pattern }) => pattern))].filter((path) => this.hidesAllBelow(path));
  }

  /**
   * True when a source of COPY is sure to be ignored. Where there are exceptions nothing is sure; the whole context is only ignored by
   * a pattern that says so.
   */
  hidesSource(source: string): boolean {
    if (this.#exceptions.length > 0) return false;
    const path = cleanPath(source);
    if (path === "." || path === "/") return this.rules.some(({ pattern }) => EVERYTHING.has(pattern));
    return this.hides(path);
  }

  /** `matched`, if given, receives which rules match. */
  #decide(path: string, above: Uint8Array | undefined, matched?: Uint8Array): IgnoreRule | undefined {
    let deciding: IgnoreRule | undefined;
    let isHidden = false;
    for (const [i, rule] of this.#rules.entries()) {
      // What matches a folder matches everything below it; a rule that would change nothing is not asked.
      const matches = above?.[i] === 1 || (rule.exception === isHidden && rule.matches(path));
      if (!matches) continue;
      if (matched !== undefined) matched[i] = 1;
      isHidden = !rule.exception;
      deciding = rule;
    }
    return deciding;
  }

  #above(path: string): Uint8Array | undefined {
    const slash = path.lastIndexOf("/");
    if (slash <= 0) return undefined;
    const folder = path.slice(0, slash);
    const known = this.#folders.get(folder);
    if (known !== undefined) return known;
    const matched = new Uint8Array(this.#rules.length);
    this.#decide(folder, this.#above(folder), matched);
    this.#folders.set(folder, matched);
    return matched;
  }
}

/** True when a pattern may match something below a folder. */
function reachesBelow(pattern: readonly string[], folder: readonly string[]): boolean {
  for (const [i, name] of folder.entries()) {
    const part = pattern[i];
    if (part?.includes("**")) return true;
    if (part === undefined || !matchPath(part, name)) return false;
  }
  return pattern.length > folder.length;
}

const EVERYTHING = new Set(["*", "**", "**/*"]);

function parseLine(text: string, line: number): readonly IgnoreRule[] {
  const trimmed = text.trim();
  if (text.startsWith("#") || trimmed === "") return [];
  const exception = trimmed.startsWith("!");
  const written = exception ? trimmed.slice(1).trim() : trimmed;
  if (written === "") {
    throw new Failure("PATTERN_INVALID", { pattern: trimmed, why: `no pattern behind "!" on line ${line}` });
  }
  const clean = cleanPath(written);
  return [{ pattern: clean.length > 1 ? clean.replace(/^\//, "") : clean, exception, line }];
}
