import { ARGUMENT_PARSERS } from "./arguments.ts";
import type { Heredoc, InstructionNode, LineRange, ParsedDockerfile } from "./ast.ts";
import { trim, trimStart } from "./characters.ts";
import { DirectiveReader, escapeOf } from "./directives.ts";
import { openedHeredocs, takesHeredocs } from "./heredoc.ts";
import { located, Problem } from "./problem.ts";
import { splitLine } from "./split.ts";

/** BuildKit's limit for one line, in bytes. */
const MAX_LINE = 65_535;

/**
 * Parses a Dockerfile into instructions that do not yet have a meaning, with BuildKit's results in every detail that
 * a build can observe. Throws DOCKERFILE_INVALID.
 * https://docs.docker.com/reference/dockerfile/#format
 */
export function parseDockerfile(text: string, file = "Dockerfile"): ParsedDockerfile {
  return located({ file, lines: { first: 1, last: 1 } }, () => {
    if (text === "") throw new Problem("the Dockerfile cannot be empty");
    const parser = new Parser(text);
    const nodes = parser.nodes();
    if (nodes.length === 0) throw new Problem("file with no instructions");
    return {
      file,
      text,
      nodes,
      directives: parser.directives.directives,
      escape: parser.escape,
      emptyContinuations: parser.emptyContinuations,
    };
  });
}

const CONTINUED: Readonly<Record<string, RegExp>> = {
  // Two escape characters are no continuation, whatever stands before them.
  "\\": /(?:^|([^\\]))\\[ \t]*$/,
  "`": /(?:^|([^`]))`[ \t]*$/,
};
const isComment = (line: string): boolean => trimStart(line).startsWith("#");
const withoutEnd = (line: string): string => line.replace(/[\r\n]+$/, "");

interface Joined {
  readonly text: string;
  readonly first: number;
}

class Parser {
  readonly directives = new DirectiveReader();
  readonly emptyContinuations: number[] = [];
  escape: "\\" | "`" = "\\";
  /** With their line ends. */
  readonly #lines: readonly string[];
  /** Lines read so far, which is the number of the current line. */
  #line = 0;
  #comments: string[] = [];

  constructor(text: string) {
    const plain = text.startsWith("\ufeff") ? text.slice(1) : text;
    this.#lines = plain.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  }

  nodes(): readonly InstructionNode[] {
    const nodes: InstructionNode[] = [];
    for (let line = this.#next(); line !== undefined; line = this.#next()) {
      const joined = this.#joined(line);
      if (joined !== undefined) nodes.push(this.#instruction(joined));
    }
    return nodes;
  }

  #next(): string | undefined {
    const line = this.#lines[this.#line];
    if (line === undefined) return undefined;
    this.#line++;
    if (line.length > MAX_LINE / 3 && Buffer.byteLength(line.replace(/\n$/, "")) > MAX_LINE) {
      throw new Problem(`dockerfile line greater than max allowed size of ${MAX_LINE}`, {
        first: this.#line,
        last: this.#line,
      });
    }
    return line;
  }

  /** The logical line that begins with `first`; undefined when that is a comment, a directive or empty. */
  #joined(first: string): Joined | undefined {
    const start = this.#line;
    const stripped = trimStart(withoutEnd(first));
    const directive = this.directives.read(stripped, start);
    if (directive?.name === "escape") this.escape = escapeOf(directive);
    if (stripped.startsWith("#")) {
      if (directive === undefined) this.#remember(first);
      return undefined;
    }
    let { text, continues } = this.#trimContinuation(stripped);
    if (!continues && text === "") return undefined;
    let hasEmptyLine = false;
    while (continues) {
      const line = this.#next();
      if (line === undefined) break;
      const content = withoutEnd(line);
      if (isComment(content)) continue;
      if (trimStart(content) === "") {
        hasEmptyLine = true;
        continue;
      }
      const part = this.#trimContinuation(content);
      text += part.text;
      continues = part.continues;
    }
    if (hasEmptyLine) this.emptyContinuations.push(this.#line);
    return { text, first: start };
  }

  /** An empty comment separates what stands above it from the instruction below. */
  #remember(line: string): void {
    const comment = trim(line.slice(1));
    if (comment === "") this.#comments = [];
    else this.#comments.push(comment);
  }

  #trimContinuation(line: string): { readonly text: string; readonly continues: boolean } {
    const match = CONTINUED[this.escape]?.exec(line);
    if (match === null || match === undefined) return { text: line, continues: false };
    return { text: line.slice(0, match.index) + (match[1] ?? ""), continues: true };
  }

  #instruction({ text, first }: Joined): InstructionNode {
    const comments = this.#comments;
    this.#comments = [];
    const lines = (): LineRange => ({ first, last: this.#line });
    try {
      const node = parseInstruction(text, this.escape);
      const opened = text.includes("<<") && takesHeredocs(node) ? openedHeredocs(text) : [];
      const heredocs = opened.map((heredoc) => this.#fill(heredoc));
      return { ...node, heredocs, comments, lines: lines() };
    } catch (error) {
      if (error instanceof Problem && error.lines === undefined) throw new Problem(error.message, lines());
      throw error;
    }
  }

  /** Reads the content of a here-document, up to the line that is its name. */
  #fill(heredoc: Heredoc): Heredoc {
    let content = "";
    for (let line = this.#next(); line !== undefined; line = this.#next()) {
      const bare = withoutEnd(line);
      if ((heredoc.chomp ? bare.replace(/^\t+/, "") : bare) === heredoc.name) return { ...heredoc, content };
      content += line;
    }
    throw new Problem("unterminated heredoc");
  }
}

const NOWHERE: LineRange = { first: 0, last: 0 };

/** Parses a joined line. An unknown keyword is kept: what stands behind it has no arguments. */
function parseInstruction(line: string, escapeChar: string): InstructionNode {
  const { keyword, flags, rest } = splitLine(line, escapeChar);
  const name = keyword.toLowerCase();
  const common = { keyword, original: line, flags, heredocs: [], comments: [], lines: NOWHERE };
  if (name === "onbuild") {
    if (rest === "") return { ...common, args: [], json: false };
    const trigger = parseInstruction(rest, escapeChar);
    return { ...common, args: [trigger.keyword, ...trigger.args], json: false, trigger };
  }
  const parse = Object.hasOwn(ARGUMENT_PARSERS, name) ? ARGUMENT_PARSERS[name] : undefined;
  return { ...common, ...(parse?.(rest, escapeChar) ?? { args: [], json: false }) };
}
