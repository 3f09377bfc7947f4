import type { At, Expression, ForExpression, TemplatePart } from "./ast.ts";
import { Scanner } from "./scanner.ts";

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", '"': '"', "\\": "\\" };
const HEREDOC = /<<(-?)([\p{L}_][\p{L}\p{N}_-]*)[ \t]*\r?\n/uy;

/** What is between the braces of a template. */
export interface Grammar {
  expression(scanner: Scanner, depth: number): Expression;
  /** "k, v in LIST" */
  forIntroduction(scanner: Scanner, depth: number): Pick<ForExpression, "names" | "over">;
}

/** Reads "…" with its interpolations; undefined when there is none. */
export function readQuoted(scanner: Scanner, grammar: Grammar, depth: number): Expression | undefined {
  const at = scanner.at();
  if (scanner.match(/"/y) === undefined) return undefined;
  const parts = new Template(scanner, { grammar, depth, escapes: true, end: '"' }).read();
  if (scanner.match(/"/y) === undefined) throw scanner.problem('expected "\\"" at the end of a string');
  return simplified(parts, at);
}

/** Reads `<<EOT` or `<<-EOT`, whose lines lose what all of them are indented by; undefined when there is none. */
export function readHeredoc(scanner: Scanner, grammar: Grammar, depth: number): Expression | undefined {
  const at = scanner.at();
  const opening = scanner.match(HEREDOC);
  if (opening === undefined) return undefined;
  const [, dash, name] = /<<(-?)(\S+)/.exec(opening) ?? [];
  const closing = new RegExp(`^[ \\t]*${name}[ \\t]*\\r?$`, "mu");
  const found = closing.exec(scanner.text.slice(scanner.position));
  if (found === null) throw scanner.problem(`expected ${name} on a line of its own`);
  const text = scanner.text.slice(scanner.position, scanner.position + found.index).replaceAll("\r\n", "\n");
  scanner.position += found.index + found[0].length;
  const inside = { file: at.file, line: at.line + 1 };
  return readTemplate(dash === "-" ? dedented(text) : text, { at: inside, grammar, depth });
}

/** Reads a text that is a template from its beginning to its end, as strings of JSON are. */
export function readTemplate(
  text: string,
  { at, grammar, depth = 0 }: { readonly at: At; readonly grammar: Grammar; readonly depth?: number },
): Expression {
  const scanner = new Scanner(text, at);
  return simplified(new Template(scanner, { grammar, depth, escapes: false, end: undefined }).read(), at);
}

/** A template that is one interpolation is its value, of any type. */
function simplified(parts: readonly TemplatePart[], at: At): Expression {
  const [first] = parts;
  if (first === undefined) return { kind: "literal", value: "", at };
  if (parts.length > 1) return { kind: "template", parts, at };
  if (first.kind === "text") return { kind: "literal", value: first.text, at };
  return first.kind === "value" ? first.of : { kind: "template", parts, at };
}

function dedented(text: string): string {
  const lines = text.split("\n");
  const indents = lines
    .filter((line) => line.trim() !== "")
    .map((line) => /^[ \t]*/.exec(line)?.[0].length ?? 0);
  const least = Math.min(...indents, Number.MAX_SAFE_INTEGER);
  return lines.map((line) => line.slice(Math.min(least, /^[ \t]*/.exec(line)?.[0].length ?? 0))).join("\n");
}

interface Reading {
  readonly grammar: Grammar;
  readonly depth: number;
  /** Backslashes mean something, and lines end the text. */
  readonly escapes: boolean;
  readonly end: string | undefined;
}

class Template {
  readonly #scanner: Scanner;
  readonly #reading: Reading;
  /** The directive that ended a list of parts. */
  #ended: string | undefined;

  constructor(scanner: Scanner, reading: Reading) {
    this.#scanner = scanner;
    this.#reading = reading;
  }

  read(): readonly TemplatePart[] {
    const parts = this.#parts([]);
    if (this.#ended !== undefined) throw this.#scanner.problem(`unexpected %{ ${this.#ended} }`);
    return parts;
  }

  /** Up to the end, or one of these directives. */
  #parts(until: readonly string[]): readonly TemplatePart[] {
    const parts: TemplatePart[] = [];
    let text = "";
    let trims = false;
    const flush = (): void => {
      if (text !== "") parts.push({ kind: "text", text });
      text = "";
    };
    const scanner = this.#scanner;
    while (!this.#atEnd()) {
      const opening = scanner.match(/\$\$\{|%%\{|[$%]\{~?/y);
      if (opening === undefined) text += this.#character();
      else if (opening.length === 3 && !opening.endsWith("~")) text += opening.slice(1);
      else {
        if (opening.endsWith("~")) text = text.trimEnd();
        flush();
        const { part, ended, trimsAfter } = this.#sequence(opening.startsWith("$"));
        trims = trimsAfter;
        if (part !== undefined) parts.push(part);
        if (ended !== undefined) {
          this.#ended = ended;
          if (until.includes(ended)) return parts;
          throw scanner.problem(`unexpected %{ ${ended} }`);
        }
        if (trims) scanner.match(/\s*/y);
      }
    }
    flush();
    this.#ended = undefined;
    if (until.length > 0) throw scanner.problem(`expected %{ ${until.join(" } or %{ ")} }`);
    return parts;
  }

  #atEnd(): boolean {
    const { position, text } = this.#scanner;
    return position >= text.length || text[position] === this.#reading.end;
  }

  #character(): string {
    const scanner = this.#scanner;
    const { escapes } = this.#reading;
    const character = scanner.match(/[\s\S]/y) ?? "";
    if (!escapes) return character;
    if (character === "\n") {
      scanner.position--;
      throw scanner.problem("a string ends on its line");
    }
    if (character !== "\\") return character;
    const code = scanner.match(/u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}/y);
    if (code !== undefined)
      return String.fromCodePoint(Math.min(Number.parseInt(code.slice(1), 16), 0x10ffff));
    const escaped = ESCAPES[scanner.match(/[\s\S]/y) ?? ""];
    if (escaped === undefined) throw scanner.problem("unknown escape in a string");
    return escaped;
  }

  /** After "${" or "%{": up to "}". */
  #sequence(isValue: boolean): {
    readonly part?: TemplatePart;
    readonly ended?: string;
    readonly trimsAfter: boolean;
  } {
    const scanner = this.#scanner;
    if (isValue) {
      const of = this.#closed(() => this.#reading.grammar.expression(scanner, this.#reading.depth + 1));
      return { part: { kind: "value", of: of.value }, trimsAfter: of.trims };
    }
    const word = scanner.identifier() ?? "";
    if (word === "if") return this.#if();
    if (word === "for") return this.#for();
    const { trims } = this.#closed(() => undefined);
    return { ended: word, trimsAfter: trims };
  }

  #closed<T>(read: () => T): { readonly value: T; readonly trims: boolean } {
    const scanner = this.#scanner;
    let trims = false;
    const value = scanner.within("}", () => {
      const inside = read();
      scanner.skip();
      trims = scanner.match(/~/y) !== undefined;
      return inside;
    });
    return { value, trims };
  }

  #if() {
    const test = this.#closed(() =>
      this.#reading.grammar.expression(this.#scanner, this.#reading.depth + 1),
    ).value;
    const yes = this.#parts(["else", "endif"]);
    const no = this.#ended === "else" ? this.#parts(["endif"]) : [];
    return { part: { kind: "if", test, yes, no }, trimsAfter: false } as const;
  }

  #for() {
    const each = this.#closed(() =>
      this.#reading.grammar.forIntroduction(this.#scanner, this.#reading.depth),
    ).value;
    return { part: { kind: "for", ...each, body: this.#parts(["endfor"]) }, trimsAfter: false } as const;
  }
}
