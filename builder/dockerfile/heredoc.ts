import type { Heredoc, InstructionNode } from "./ast.ts";
import { expandWords, type Variables } from "./expand.ts";
import { Problem } from "./problem.ts";

const FORM = /^(\d*)<<(-?)[\t\n\f\r ]*([^<]*)$/;
const NO_VARIABLES: Variables = new Map();
const ALLOWED_IN = new Set(["add", "copy", "run"]);

const count = (text: string): number => text.replace(/[^'"]/g, "").length;

/** The here-document that `word` opens (without content), if it is one. Throws a Problem on unbalanced quotes. */
export function parseHeredoc(word: string): Heredoc | undefined {
  const match = FORM.exec(word);
  const delimiter = match?.[3] ?? "";
  if (delimiter === "") return undefined;
  const options = { escape: "\\", keepUnset: true } as const;
  const [name, ...others] = expandWords(delimiter, NO_VARIABLES, options);
  if (name === undefined || others.length > 0) return undefined;
  const [raw = ""] = expandWords(delimiter, NO_VARIABLES, { ...options, rawQuotes: true });
  return {
    name,
    fileDescriptor: Number(match?.[1] ?? 0),
    // Quotes that only the raw form still has were quotes, not part of the name.
    expand: count(name) === count(raw),
    chomp: match?.[2] === "-",
    content: "",
  };
}

/** The same for words that were accepted before: undefined where the word is malformed. */
export function heredocOf(word: string): Heredoc | undefined {
  try {
    return parseHeredoc(word);
  } catch (error) {
    if (error instanceof Problem) return undefined;
    throw error;
  }
}

/** The here-documents a joined line opens, in order, still without content. */
export function openedHeredocs(line: string): readonly Heredoc[] {
  return words(line).flatMap((word) => parseHeredoc(word) ?? []);
}

function words(line: string): readonly string[] {
  try {
    return expandWords(line, NO_VARIABLES, {
      escape: "\\",
      rawQuotes: true,
      rawEscapes: true,
      keepUnset: true,
    });
  } catch (error) {
    // An odd quote in a shell command is the shell's affair; there is no here-document then.
    if (error instanceof Problem) return [];
    throw error;
  }
}

/** ADD, COPY and RUN take here-documents, also as triggers, unless their arguments are JSON. */
export function takesHeredocs(node: Pick<InstructionNode, "keyword" | "json" | "trigger">): boolean {
  const target = node.keyword.toLowerCase() === "onbuild" ? (node.trigger ?? node) : node;
  return ALLOWED_IN.has(target.keyword.toLowerCase()) && !target.json;
}

/** Takes the leading tabs off every line, as `<<-` asks. */
export const chomp = (content: string): string => content.replace(/^\t+/gm, "");
