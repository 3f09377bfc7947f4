import { syntaxError } from "./failure.ts";

/** Tokens of a Go text/template. `space` matters: ".A.B" is a chain, ".A .B" are two operands. */
export type TokenKind =
  | "text"
  | "open"
  | "close"
  | "field"
  | "variable"
  | "identifier"
  | "string"
  | "number"
  | "char"
  | "dot"
  | "pipe"
  | "comma"
  | "declare"
  | "assign"
  | "left-paren"
  | "right-paren"
  | "space"
  | "end";

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  /** Offset in the template. */
  readonly at: number;
}

const RULES: readonly (readonly [TokenKind, RegExp])[] = [
  ["space", /[ \t\r\n]+/y],
  ["field", /\.[\p{L}_][\p{L}\p{Nd}_]*/uy],
  [
    "number",
    /[+-]?(?:0[xX][\da-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)/y,
  ],
  ["dot", /\./y],
  ["variable", /\$(?:[\p{L}_][\p{L}\p{Nd}_]*)?/uy],
  ["identifier", /[\p{L}_][\p{L}\p{Nd}_]*/uy],
  ["string", /"(?:[^"\\\n]|\\.)*"/y],
  ["string", /`[^`]*`/y],
  ["char", /'(?:[^'\\\n]|\\.)+'/y],
  ["declare", /:=/y],
  ["assign", /=/y],
  ["pipe", /\|/y],
  ["comma", /,/y],
  ["left-paren", /\(/y],
  ["right-paren", /\)/y],
];
const OPEN = /\{\{(?:-(?=[ \t\r\n]))?/g;
const COMMENT = /[ \t\r\n]*\/\*[\s\S]*?\*\/(?:[ \t\r\n]+-)?\}\}/y;
const CLOSE = /(?:[ \t\r\n]+-)?\}\}/y;

/** Splits a template; white space that "{{-" and "-}}" trim is gone already. Throws TEMPLATE_INVALID. */
export function* lex(source: string): Generator<Token> {
  let at = 0;
  let trimStart = false;
  while (at < source.length) {
    OPEN.lastIndex = at;
    const open = OPEN.exec(source);
    const end = open?.index ?? source.length;
    const text = trimmed(source.slice(at, end), trimStart, open?.[0].endsWith("-") ?? false);
    if (text !== "") yield { kind: "text", text, at };
    if (open === null) break;
    const inside = OPEN.lastIndex;
    const comment = matchAt(COMMENT, source, inside);
    if (comment === undefined) {
      yield { kind: "open", text: "{{", at: end };
      at = yield* lexAction(source, inside);
    } else {
      at = inside + comment.length;
    }
    trimStart = source.endsWith("-}}", at) && /[ \t\r\n]/.test(source[at - 4] ?? "");
  }
  yield { kind: "end", text: "", at: source.length };
}

function trimmed(text: string, start: boolean, end: boolean): string {
  const left = start ? text.replace(/^[ \t\r\n]+/, "") : text;
  return end ? left.replace(/[ \t\r\n]+$/, "") : left;
}

function matchAt(rule: RegExp, source: string, at: number): string | undefined {
  rule.lastIndex = at;
  return rule.exec(source)?.[0];
}

/** Yields the tokens up to and with the closing delimiter; returns the offset behind it. */
function* lexAction(source: string, from: number): Generator<Token, number> {
  let at = from;
  while (at < source.length) {
    const close = matchAt(CLOSE, source, at);
    if (close !== undefined) {
      yield { kind: "close", text: close, at };
      return at + close.length;
    }
    const token = nextToken(source, at);
    if (token.text.includes("\n") && token.kind !== "string" && token.kind !== "space")
      throw syntaxError(source, at, "unclosed action");
    yield token;
    at += token.text.length;
  }
  throw syntaxError(source, source.length, "unclosed action");
}

function nextToken(source: string, at: number): Token {
  for (const [kind, rule] of RULES) {
    const text = matchAt(rule, source, at);
    if (text !== undefined) return { kind, text, at };
  }
  const character = String.fromCodePoint(source.codePointAt(at) ?? 0);
  if (character === '"') throw syntaxError(source, at, "unterminated quoted string");
  if (character === "`") throw syntaxError(source, at, "unterminated raw quoted string");
  if (character === "'") throw syntaxError(source, at, "unterminated character constant");
  const code = character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, "0");
  throw syntaxError(source, at, `unrecognized character in action: U+${code} '${character}'`);
}
