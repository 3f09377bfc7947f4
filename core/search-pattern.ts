import { RE2JS } from "re2js";
import { Failure } from "./errors.ts";
import type { SearchCompiler } from "./text-search.ts";

const MAX_PATTERN = 256;
/** Instructions: a repetition of much is many of them. */
const MAX_PROGRAM = 2000;
/** Instructions times characters over all texts that a pattern is tried on: about a second. */
const MAX_WORK = 5e7;

const WANT = `a regular expression of at most ${MAX_PATTERN} characters`;

/**
 * A regular expression as Go has them. They come from strangers: it takes a time that grows with the texts alone, and beyond a limit of that
 * the search throws OPTION_INVALID.
 */
export const searchPattern: SearchCompiler = (option, pattern) => {
  const expression = compile(option, pattern);
  const size = expression.programSize();
  if (size > MAX_PROGRAM) throw invalid(option, pattern, "a regular expression that repeats less");
  let work = 0;
  return (text) => {
    work += size * (text.length + 1);
    if (work > MAX_WORK) throw invalid(option, pattern, "a regular expression that is done sooner");
    return expression.matcher(text).find();
  };
};

function compile(option: string, pattern: string): RE2JS {
  if (pattern.length > MAX_PATTERN) throw invalid(option, `${pattern.slice(0, MAX_PATTERN)}…`, WANT);
  try {
    return RE2JS.compile(pattern);
  } catch (cause) {
    throw invalid(option, pattern, WANT, cause);
  }
}

const invalid = (option: string, got: string, want: string, cause?: unknown): Failure =>
  new Failure("OPTION_INVALID", { option, got, want }, { cause });
