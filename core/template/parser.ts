import { Cursor } from "./cursor.ts";
import type { Token, TokenKind } from "./lexer.ts";
import { parseConstant } from "./literals.ts";
import type { Command, Node, Operand, Pipeline, Template } from "./syntax.ts";

type Terminator = "end" | "else";
interface Block {
  readonly nodes: readonly Node[];
  readonly terminator: Terminator | undefined;
}

/** Reads a Go text/template whose functions are `functions`; throws TEMPLATE_INVALID. https://pkg.go.dev/text/template */
export function parseTemplate(source: string, functions: ReadonlySet<string>): Template {
  return new Parser(source, functions).template();
}

class Parser extends Cursor {
  readonly #functions: ReadonlySet<string>;
  readonly #named = new Map<string, readonly Node[]>();
  #rangeDepth = 0;
  /** Variables in sight, innermost last. */
  #variables: string[] = ["$"];

  constructor(source: string, functions: ReadonlySet<string>) {
    super(source);
    this.#functions = functions;
  }

  template(): Template {
    const { nodes, terminator } = this.#block(undefined);
    if (terminator !== undefined) throw this.error(`unexpected {{${terminator}}}`);
    return { source: this.source, body: nodes, named: this.#named };
  }

  // ── nodes ─────────────────────────────────────────────────────────────────────────────────────────
  /** Up to {{end}} or {{else}} (taken, up to its keyword), or to the end of the text when `inside` is undefined. */
  #block(inside: string | undefined): Block {
    const nodes: Node[] = [];
    const outer = this.#variables.length;
    for (;;) {
      const token = this.take();
      if (token.kind === "end") {
        if (inside !== undefined) throw this.error("unexpected EOF", token.at);
        return { nodes, terminator: undefined };
      }
      if (token.kind === "text") {
        nodes.push({ kind: "text", text: token.text });
        continue;
      }
      this.skipSpace();
      const keyword = this.peek();
      if (keyword.kind === "identifier" && (keyword.text === "end" || keyword.text === "else")) {
        this.take();
        this.#variables.length = outer;
        return { nodes, terminator: keyword.text };
      }
      nodes.push(...this.#action(keyword));
    }
  }

  #action(keyword: Token): readonly Node[] {
    const parse = keyword.kind === "identifier" ? this.#KEYWORDS[keyword.text] : undefined;
    if (parse !== undefined) {
      this.take();
      return parse(keyword);
    }
    const pipeline = this.#pipeline("command");
    this.expectClose("command");
    return [{ kind: "action", pipeline }];
  }

  readonly #KEYWORDS: Readonly<Record<string, (keyword: Token) => readonly Node[]>> = {
    if: () => [this.#control("if")],
    range: () => [this.#control("range")],
    with: () => [this.#control("with")],
    break: (keyword) => [this.#jump("break", keyword)],
    continue: (keyword) => [this.#jump("continue", keyword)],
    define: () => {
      this.#define("define clause");
      return [];
    },
    block: (keyword) => {
      const name = this.#name("block clause");
      const argument = this.#pipeline("block clause");
      this.expectClose("block clause");
      this.#named.set(
        name,
        this.#scoped(() => this.#body("block")),
      );
      return [this.#call(name, argument, keyword)];
    },
    template: (keyword) => {
      const name = this.#name("template clause");
      this.skipSpace();
      const argument = this.peek().kind === "close" ? undefined : this.#pipeline("template clause");
      this.expectClose("template clause");
      return [this.#call(name, argument, keyword)];
    },
  };

  #call(name: string, argument: Pipeline | undefined, keyword: Token): Node {
    const clause = `template${this.source.slice(keyword.at + keyword.text.length, this.peek(-1).at)}`.trim();
    // Go counts from the name.
    const at = this.source.indexOf(name, keyword.at) - 1;
    return { kind: "template", name, argument, place: { at, text: `{{${clause}}}` } };
  }

  #define(context: string): void {
    const name = this.#name(context);
    this.expectClose(context);
    this.#named.set(
      name,
      this.#scoped(() => this.#body("define")),
    );
  }

  /** A template of its own sees none of the variables around it. */
  #scoped<T>(parse: () => T): T {
    const outer = this.#variables;
    this.#variables = ["$"];
    const result = parse();
    this.#variables = outer;
    return result;
  }

  #name(context: string): string {
    this.skipSpace();
    const token = this.take();
    if (token.kind !== "string") throw this.unexpected(token, context);
    return String(parseConstant(this.source, token));
  }

  #body(inside: string): readonly Node[] {
    const { nodes, terminator } = this.#block(inside);
    if (terminator === "else") throw this.error("unexpected {{else}}");
    this.expectClose("end");
    return nodes;
  }

  #jump(kind: "break" | "continue", keyword: Token): Node {
    if (this.#rangeDepth === 0) throw this.error(`{{${kind}}} outside {{range}}`, keyword.at);
    this.expectClose(`{{${kind}}}`);
    return { kind };
  }

  #control(kind: "if" | "range" | "with"): Node {
    const outer = this.#variables.length;
    const pipeline = this.#pipeline(kind);
    this.expectClose(kind);
    this.#rangeDepth += kind === "range" ? 1 : 0;
    const { nodes: body, terminator } = this.#block(kind);
    this.#rangeDepth -= kind === "range" ? 1 : 0;
    const otherwise = terminator === "else" ? this.#else(kind) : [];
    if (terminator === "end") this.expectClose("end");
    this.#variables.length = outer;
    return { kind, pipeline, body, otherwise };
  }

  /** After "else": the rest of the chain ({{else if …}} shares the {{end}}), or a block. */
  #else(kind: "if" | "range" | "with"): readonly Node[] {
    this.skipSpace();
    const next = this.peek();
    if (next.kind === "identifier" && next.text === kind && kind !== "range") {
      this.take();
      return [this.#control(kind)];
    }
    this.expectClose("else");
    return this.#body(kind);
  }

  // ── pipelines ─────────────────────────────────────────────────────────────────────────────────────
  #pipeline(context: string): Pipeline {
    this.skipSpace();
    const { variables, assign } = this.#declaration(context);
    const commands: Command[] = [];
    do {
      this.skipSpace();
      commands.push(this.#command(context, commands.length > 0));
      this.skipSpace();
    } while (this.accept("pipe") !== undefined);
    if (!assign) this.#variables.push(...variables);
    return { variables, assign, commands };
  }

  #declaration(context: string): { variables: readonly string[]; assign: boolean } {
    const start = this.position;
    const variables: string[] = [];
    do {
      this.skipSpace();
      const name = this.accept("variable");
      if (name === undefined) break;
      variables.push(name.text);
      this.skipSpace();
    } while (context === "range" && variables.length < 2 && this.accept("comma") !== undefined);
    const operator = this.peek().kind;
    if (variables.length === 0 || (operator !== "declare" && operator !== "assign")) {
      this.position = start;
      return { variables: [], assign: false };
    }
    const { at } = this.take();
    const unknown = variables.find((name) => !this.#variables.includes(name));
    if (operator === "assign" && unknown !== undefined)
      throw this.error(`undefined variable ${JSON.stringify(unknown)}`, at);
    return { variables, assign: operator === "assign" };
  }

  #command(context: string, piped: boolean): Command {
    const operands: Operand[] = [];
    const { at } = this.peek();
    for (;;) {
      const operand = this.#operand();
      if (operand === undefined) break;
      operands.push(operand);
      if (this.peek().kind === "space") this.skipSpace();
      else break;
    }
    const token = this.peek();
    if (!["close", "pipe", "right-paren"].includes(token.kind))
      throw this.unexpected(token, context === "command" ? "operand" : context);
    const [first, ...rest] = operands;
    if (first === undefined)
      throw this.error(piped ? "missing value for command" : `missing value for ${context}`, at);
    if (piped && (first.kind === "constant" || first.kind === "nil" || first.kind === "dot"))
      throw this.error("non executable command in pipeline stage 2", at);
    return { operands: [first, ...rest], at: first.at, text: operands.map(({ text }) => text).join(" ") };
  }

  #operand(): Operand | undefined {
    const term = this.#term();
    if (term === undefined) return undefined;
    const start = term.kind === "fields" ? term : undefined;
    const names = [...(start?.names ?? [])];
    const { at } = this.peek();
    if (this.peek().kind !== "field") return term;
    while (this.peek().kind === "field") names.push(this.take().text.slice(1));
    if (term.kind === "constant" || term.kind === "nil")
      throw this.error(`unexpected . after term ${JSON.stringify(term.text)}`, at);
    const of = start?.of ?? term;
    const suffix = names.slice(start?.names.length ?? 0).map((name) => `.${name}`);
    return { kind: "fields", of, names, at, text: `${term.text}${suffix.join("")}` };
  }

  #term(): Operand | undefined {
    const token = this.peek();
    const parse = this.#TERMS[token.kind];
    if (parse === undefined) return undefined;
    this.take();
    return parse(token);
  }

  readonly #TERMS: Partial<Record<TokenKind, (token: Token) => Operand>> = {
    dot: (token) => ({ ...token, kind: "dot" }),
    field: (token) => ({
      kind: "fields",
      of: { kind: "dot", at: token.at, text: "." },
      names: [token.text.slice(1)],
      at: token.at,
      text: token.text,
    }),
    string: (token) => ({ ...token, kind: "constant", value: parseConstant(this.source, token) }),
    char: (token) => ({ ...token, kind: "constant", value: parseConstant(this.source, token) }),
    number: (token) => ({ ...token, kind: "constant", value: parseConstant(this.source, token) }),
    variable: (token) => {
      if (!this.#variables.includes(token.text))
        throw this.error(`undefined variable ${JSON.stringify(token.text)}`, token.at);
      return { ...token, kind: "variable", name: token.text };
    },
    identifier: (token) => {
      if (token.text === "true" || token.text === "false")
        return { ...token, kind: "constant", value: token.text === "true" };
      if (token.text === "nil") return { ...token, kind: "nil" };
      if (!this.#functions.has(token.text))
        throw this.error(`function ${JSON.stringify(token.text)} not defined`, token.at);
      return { ...token, kind: "function", name: token.text };
    },
    "left-paren": (token) => {
      const pipeline = this.#pipeline("parenthesized pipeline");
      const close = this.take();
      if (close.kind !== "right-paren") throw this.error("unclosed left paren", close.at);
      return { kind: "pipeline", pipeline, at: token.at, text: this.source.slice(token.at, close.at + 1) };
    },
  };
}
