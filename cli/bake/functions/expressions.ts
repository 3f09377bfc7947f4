import { type Matcher, RE2JS } from "re2js";
import type { Value } from "../hcl/ast.ts";
import { TypeProblem, toText } from "../hcl/values.ts";
import type { Functions } from "./functions.ts";

/** https://github.com/google/re2/wiki/Syntax, as Go has it: it takes a time that grows with the text alone. Throws a TypeProblem. */
function expression(pattern: Value): RE2JS {
  try {
    return RE2JS.compile(toText(pattern));
  } catch (error) {
    throw new TypeProblem(
      `invalid regular expression ${JSON.stringify(pattern)}: ${(error as Error).message}`,
    );
  }
}

/** Goes through all matches. As in Go, an empty one at the end of another is none. */
function* matches(pattern: Value, text: string): Generator<Matcher> {
  const matcher = expression(pattern).matcher(text);
  let end = -1;
  while (matcher.find()) {
    if (matcher.end() === matcher.start() && matcher.start() === end) continue;
    end = matcher.end();
    yield matcher;
  }
}

/** With groups what they caught: by name when they have names. */
function caught(match: Matcher): Value {
  const names = Object.entries(match.namedGroups);
  if (names.length > 0) return Object.fromEntries(names.map(([name, at]) => [name, match.group(at)]));
  const groups = Array.from({ length: match.groupCount() }, (_, i) => match.group(i + 1));
  return groups.length > 0 ? groups : (match.group() ?? "");
}

/** "$1", "$name", "${name}" and "$$" in a replacement; what no group has is empty. */
function expanded(replacement: string, match: Matcher): string {
  return replacement.replaceAll(
    /\$(?:(\$)|(\w+)|\{(\w+)\})/g,
    (_, dollar?: string, bare?: string, braced?: string) => {
      if (dollar !== undefined) return dollar;
      const name = bare ?? braced ?? "";
      const at = /^\d+$/.test(name) ? Number(name) : match.namedGroups[name];
      return at === undefined || at > match.groupCount() ? "" : (match.group(at) ?? "");
    },
  );
}

export const EXPRESSIONS: Functions = {
  regex: (pattern = "", text = "") => {
    for (const match of matches(pattern, toText(text))) return caught(match);
    throw new TypeProblem("the pattern did not match any part of the given string");
  },
  regex_replace: (given = "", pattern = "", replacement = "") => {
    const text = toText(given);
    let result = "";
    let at = 0;
    for (const match of matches(pattern, text)) {
      result += text.slice(at, match.start()) + expanded(toText(replacement), match);
      at = match.end();
    }
    return result + text.slice(at);
  },
  regexall: (pattern = "", text = "") => Array.from(matches(pattern, toText(text)), caught),
};
