import { DIRECTIVES, type Directive, type DirectiveName } from "./ast.ts";
import { cut, trimStart } from "./characters.ts";
import { Problem } from "./problem.ts";

const FORM = /^([a-zA-Z][a-zA-Z0-9]*)[\t\n\f\r ]*=[\t\n\f\r ]*(.+?)[\t\n\f\r ]*$/;
const isName = (text: string): text is DirectiveName => (DIRECTIVES as readonly string[]).includes(text);

/** Reads parser directives line by line; the first line that is none ends them. */
export class DirectiveReader {
  readonly #prefix: string;
  readonly #seen: Directive[] = [];
  #done = false;

  constructor(prefix = "#") {
    this.#prefix = prefix;
  }

  get directives(): readonly Directive[] {
    return this.#seen;
  }

  /** The directive of this line, if it is one. Throws a Problem when it repeats an earlier one. */
  read(text: string, line: number): Directive | undefined {
    if (this.#done) return undefined;
    const match = text.startsWith(this.#prefix)
      ? FORM.exec(trimStart(text.slice(this.#prefix.length)))
      : null;
    const name = match?.[1]?.toLowerCase() ?? "";
    if (!isName(name)) {
      this.#done = true;
      return undefined;
    }
    if (this.#seen.some((other) => other.name === name)) {
      throw new Problem(`only one ${name} parser directive can be used`, { first: line, last: line });
    }
    const directive = { name, value: match?.[2] ?? "", line };
    this.#seen.push(directive);
    return directive;
  }
}

/** Checks the value of `# escape=`. */
export function escapeOf({ value, line }: Directive): "\\" | "`" {
  if (value === "\\" || value === "`") return value;
  throw new Problem(`invalid escape token '${value}' does not match \` or \\`, { first: line, last: line });
}

/** The language a text declares: `image` is the reference, `commandLine` the whole value. */
export interface Syntax {
  readonly image: string;
  readonly commandLine: string;
  readonly line: number;
}

/**
 * The declared syntax: `# syntax=`, and for texts in other languages `// syntax=` or a JSON object with that key.
 * A first line with `#!` is passed over. Never throws.
 */
export function detectSyntax(text: string): Syntax | undefined {
  const plain = text.startsWith("\ufeff") ? text.slice(1) : text;
  const skipped = plain.startsWith("#!") ? 1 : 0;
  const body = skipped === 0 ? plain : (cut(plain, "\n")[1] ?? "");
  return fromComments(body, "#", skipped) ?? fromComments(body, "//", skipped) ?? fromJson(body, skipped);
}

function fromComments(body: string, prefix: string, skipped: number): Syntax | undefined {
  const reader = new DirectiveReader(prefix);
  for (let rest: string | undefined = body, line = skipped + 1; rest !== undefined; line++) {
    const [text, after]: readonly [string, string | undefined] = cut(rest, "\n");
    try {
      const found = reader.read(text.replace(/\r$/, ""), line);
      if (found === undefined) return undefined;
      if (found.name === "syntax") return { image: cut(found.value, " ")[0], commandLine: found.value, line };
    } catch {
      return undefined;
    }
    rest = after;
  }
  return undefined;
}

function fromJson(body: string, skipped: number): Syntax | undefined {
  if (!trimStart(body).startsWith("{")) return undefined;
  try {
    const value: unknown = JSON.parse(body);
    const syntax = (value as { readonly syntax?: unknown }).syntax;
    if (typeof syntax === "string") return { image: syntax, commandLine: syntax, line: skipped + 1 };
  } catch {
    // not JSON after all: no syntax is declared
  }
  return undefined;
}
