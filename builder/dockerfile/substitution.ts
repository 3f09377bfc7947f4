import { Problem } from "./problem.ts";

const TO_ESCAPE = new Set("[]{}.+()|^$");

/**
 * A shell pattern, of which only `*` and `?` are special, as a regular expression's source.
 * Throws a Problem on an escape of anything but `*`, `?`, `\`, and the `}` and `/` that end a part of a substitution.
 */
function regexSource(pattern: string, greedy: boolean): string {
  const characters = Array.from(pattern);
  let out = "";
  for (let i = 0; i < characters.length; i++) {
    const c = characters[i] ?? "";
    if (c === "*") out += greedy ? "[^\\n]*" : "[^\\n]*?";
    else if (c === "?") out += "[^\\n]";
    else if (c !== "\\") out += TO_ESCAPE.has(c) ? `\\${c}` : c;
    else {
      const next = characters[i + 1];
      if (next === "}" || next === "/") continue;
      if (next !== "*" && next !== "?" && next !== "\\")
        throw new Problem(`invalid escape '\\${next ?? "\ufffd"}'`);
      out += `\\${next}`;
      i++;
    }
  }
  return out;
}

function compile(
  pattern: string,
  how: { readonly greedy: boolean; readonly anchored: boolean; readonly shown: string },
): RegExp {
  try {
    return new RegExp(`${how.anchored ? "^" : ""}${regexSource(pattern, how.greedy)}`, "u");
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    throw new Problem(`invalid pattern (${how.shown}) in substitution: ${error.message}`);
  }
}

/** A doubled operator, `##` or `%%`, asks for the longest match. */
function longest(word: string, operator: string): { readonly pattern: string; readonly greedy: boolean } {
  return word.startsWith(operator)
    ? { pattern: word.slice(1), greedy: true }
    : { pattern: word, greedy: false };
}

/** `${v#word}` and `${v##word}`; `word` has the second `#` still on it. */
export function removePrefix(value: string, word: string): string {
  const { pattern, greedy } = longest(word, "#");
  return value.replace(compile(pattern, { greedy, anchored: true, shown: pattern }), "");
}

/** `${v%word}` and `${v%%word}`: done on both texts reversed, since the shortest match at the end is asked for. */
export function removeSuffix(value: string, word: string): string {
  const { pattern, greedy } = longest(word, "%");
  const mirrored = reversePattern(pattern);
  const expression = compile(mirrored, { greedy, anchored: true, shown: mirrored });
  return reverse(reverse(value).replace(expression, ""));
}

const reverse = (text: string): string => Array.from(text).reverse().join("");

/** Reversed, but with every escape still before the character it escapes. */
function reversePattern(pattern: string): string {
  const units = Array.from(pattern.matchAll(/\\?./gsu), ([unit]) => unit);
  return units.reverse().join("");
}

export interface Replacement {
  readonly pattern: string;
  readonly text: string;
  readonly all: boolean;
}

/** `${v/pattern/text}`; an empty match right behind another match does not count. */
export function replacePattern(value: string, { pattern, text, all }: Replacement): string {
  const expression = compile(pattern, { greedy: true, anchored: false, shown: pattern });
  if (!all) return value.replace(expression, () => text);
  let end = -1;
  return value.replace(new RegExp(expression, "gu"), (match: string, at: number) => {
    if (match === "" && at === end) return "";
    end = at + match.length;
    return text;
  });
}
