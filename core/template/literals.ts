import { syntaxError } from "./failure.ts";
import type { Token } from "./lexer.ts";

const ESCAPES: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
  "'": "'",
  '"': '"',
};
const ESCAPE = /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([0-7]{3})|([\s\S]))/g;

function unquote(source: string, token: Token): string {
  return token.text.slice(1, -1).replace(ESCAPE, (_all, hex, short, long, octal, letter) => {
    if (letter === undefined)
      return String.fromCodePoint(
        octal === undefined ? Number.parseInt(hex ?? short ?? long, 16) : Number.parseInt(octal, 8),
      );
    const character = ESCAPES[letter];
    if (character === undefined) throw syntaxError(source, token.at, "invalid syntax");
    return character;
  });
}

/** The value of a string, raw string, character or number token. */
export function parseConstant(source: string, token: Token): string | number {
  if (token.kind === "char") return unquote(source, token).codePointAt(0) ?? 0;
  if (token.kind === "string")
    return token.text.startsWith("`") ? token.text.slice(1, -1) : unquote(source, token);
  const digits = token.text.replaceAll("_", "");
  const value = digits.startsWith("-") ? -Number(digits.slice(1)) : Number(digits.replace(/^\+/, ""));
  if (Number.isNaN(value))
    throw syntaxError(source, token.at, `bad number syntax: ${JSON.stringify(token.text)}`);
  return value;
}
