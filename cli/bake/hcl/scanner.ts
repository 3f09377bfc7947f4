import type { Failure } from "../../../core/errors.ts";
import type { At } from "./ast.ts";
import { invalid } from "./problem.ts";

const SPACE = /[ \t\r]*/y;
const COMMENT = /#[^\n]*|\/\/[^\n]*|\/\*[\s\S]*?\*\//y;
const IDENTIFIER = /[\p{L}_][\p{L}\p{N}_-]*/uy;
const NUMBER = /\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
/** Longest first. */
const PUNCTUATION = /\.\.\.|&&|\|\||==|!=|<=|>=|=>|[-+*/%<>=!?:.,()[\]{}]/y;

/** Reads a text from its beginning to its end. What is not wanted is left, so that everything can be tried. */
export class Scanner {
  readonly text: string;
  readonly #file: string;
  readonly #firstLine: number;
  position = 0;
  /** Inside of brackets a line goes on. */
  #brackets = 0;

  constructor(text: string, { file, line }: At) {
    this.text = text;
    this.#file = file;
    this.#firstLine = line;
  }

  at(): At {
    let line = this.#firstLine;
    for (let i = this.text.indexOf("\n"); i !== -1 && i < this.position; i = this.text.indexOf("\n", i + 1))
      line++;
    return { file: this.#file, line };
  }

  problem(why: string): Failure {
    return invalid(this.at(), why);
  }

  /** What is there, for messages. */
  here(): string {
    if (this.position >= this.text.length) return "the end of the file";
    const rest = this.text.slice(this.position);
    return rest.startsWith("\n")
      ? "the end of the line"
      : JSON.stringify(/^(?:[\w-]+|.)/su.exec(rest)?.[0] ?? "");
  }

  /** Passes spaces and comments, and line ends where they mean nothing. */
  skip(lines = this.#brackets > 0): void {
    for (let before = -1; before !== this.position; ) {
      before = this.position;
      this.match(SPACE);
      this.match(COMMENT);
      if (lines && this.text[this.position] === "\n") this.position++;
    }
  }

  match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.position;
    const found = pattern.exec(this.text)?.[0];
    if (found !== undefined) this.position += found.length;
    return found;
  }

  identifier(): string | undefined {
    this.skip();
    return this.match(IDENTIFIER);
  }

  number(): number | undefined {
    this.skip();
    const text = this.match(NUMBER);
    return text === undefined ? undefined : Number(text);
  }

  /** Takes one of these marks, or nothing. */
  mark(...wanted: readonly string[]): string | undefined {
    this.skip();
    const before = this.position;
    const found = this.match(PUNCTUATION);
    if (found !== undefined && wanted.includes(found)) return found;
    this.position = before;
    return undefined;
  }

  expect(wanted: string): void {
    if (this.mark(wanted) === undefined)
      throw this.problem(`expected ${JSON.stringify(wanted)}, found ${this.here()}`);
  }

  /** Takes a word, unless it is the beginning of another. */
  word(wanted: string): boolean {
    const before = this.position;
    if (this.identifier() === wanted) return true;
    this.position = before;
    return false;
  }

  /** Reads what is inside of a pair of brackets, in which lines go on, and the closing one. */
  within<T>(closing: string, read: () => T): T {
    this.#brackets++;
    try {
      const value = read();
      this.expect(closing);
      return value;
    } finally {
      this.#brackets--;
    }
  }

  /** Reads with line ends meaning what they do at the top. */
  unbracketed<T>(read: () => T): T {
    const before = this.#brackets;
    this.#brackets = 0;
    try {
      return read();
    } finally {
      this.#brackets = before;
    }
  }

  endOfLine(): void {
    this.skip(false);
    if (
      this.position < this.text.length &&
      this.match(/\n/y) === undefined &&
      this.text[this.position] !== "}"
    )
      throw this.problem(`expected the end of the line, found ${this.here()}`);
  }
}
