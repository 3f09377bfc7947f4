import { syntaxError } from "./failure.ts";
import { lex, type Token, type TokenKind } from "./lexer.ts";

/** A place in the tokens of a template, and the wording of what is wrong there. */
export class Cursor {
  protected readonly source: string;
  readonly #tokens: readonly Token[];
  protected position = 0;

  constructor(source: string) {
    this.source = source;
    this.#tokens = [...lex(source)];
  }

  protected peek(offset = 0): Token {
    return this.#tokens[this.position + offset] ?? { kind: "end", text: "", at: this.source.length };
  }
  protected take(): Token {
    const token = this.peek();
    this.position += 1;
    return token;
  }
  protected accept(kind: TokenKind): Token | undefined {
    return this.peek().kind === kind ? this.take() : undefined;
  }
  protected skipSpace(): void {
    while (this.accept("space") !== undefined);
  }
  protected expectClose(context: string): void {
    this.skipSpace();
    const token = this.take();
    if (token.kind !== "close") throw this.unexpected(token, context);
  }
  protected error(why: string, at = this.peek().at): Error {
    return syntaxError(this.source, at, why);
  }
  protected unexpected(token: Token, context: string): Error {
    const shown = token.kind === "end" ? "EOF" : `${JSON.stringify(token.text)}`;
    return this.error(`unexpected ${shown} in ${context}`, token.at);
  }
}
