import { isAsciiSpace, isSpace, trim } from "./characters.ts";

export const WHITESPACE = /[\t\v\f\r ]+/;

/** Cuts at the first run of white space. */
export function cutSpace(text: string): readonly [first: string, rest: string | undefined] {
  const match = WHITESPACE.exec(text);
  return match === null
    ? [text, undefined]
    : [text.slice(0, match.index), text.slice(match.index + match[0].length)];
}

export interface SplitLine {
  readonly keyword: string;
  readonly flags: readonly string[];
  readonly rest: string;
}

/** Takes a joined line apart: its keyword, the `--flags` behind it, and everything else. */
export function splitLine(line: string, escapeChar: string): SplitLine {
  const [keyword, after] = cutSpace(trim(line));
  const { flags, rest } = takeFlags(after ?? "", escapeChar);
  return { keyword, flags, rest: trim(rest) };
}

/** Reads words as long as they begin with `--`; a bare `--` ends them. Quotes are removed. */
function takeFlags(
  text: string,
  escapeChar: string,
): { readonly flags: readonly string[]; readonly rest: string } {
  const flags: string[] = [];
  for (let at = 0; ; ) {
    while (at < text.length && isAsciiSpace(text.charAt(at))) at++;
    if (!text.startsWith("--", at)) return { flags, rest: text.slice(at) };
    const { word, end } = flagWord(text, at, escapeChar);
    if (word === "--" && end < text.length) return { flags, rest: text.slice(end) };
    if (word !== "--") flags.push(word);
    at = end;
  }
}

/** A word with its quotes and escapes resolved; `end` is the index behind it. */
function flagWord(
  text: string,
  start: number,
  escapeChar: string,
): { readonly word: string; readonly end: number } {
  let word = "";
  let quote = "";
  let at = start;
  for (; at < text.length; at++) {
    const c = text.charAt(at);
    if (quote === "" && isAsciiSpace(c)) break;
    if (c === quote) quote = "";
    else if (quote === "" && (c === "'" || c === '"')) quote = c;
    else if (c !== escapeChar) word += c;
    else if (at + 1 < text.length) word += text.charAt(++at);
  }
  return { word, end: at };
}

/**
 * Splits into words at white space outside quotes; quotes and escapes stay, expansion removes them later.
 * An escape character at the very end is dropped.
 */
export function splitWords(text: string, escapeChar: string): readonly string[] {
  const words: string[] = [];
  let word = "";
  let quote = "";
  for (let at = 0; at < text.length; at++) {
    const c = text.charAt(at);
    if (quote === "" && isSpace(c)) {
      if (word !== "") words.push(word);
      word = "";
      continue;
    }
    if (c === quote) quote = "";
    else if (quote === "" && (c === "'" || c === '"')) quote = c;
    // Nothing can be escaped between single quotes.
    if (c !== escapeChar || quote === "'") word += c;
    else if (at + 1 < text.length) word += c + text.charAt(++at);
  }
  if (word !== "") words.push(word);
  return words;
}
