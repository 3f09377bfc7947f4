import { Failure, isCode } from "../../../core/errors.ts";
import type { LineRange } from "../ast.ts";
import { type Span, sourceExcerpt } from "./source-excerpt.ts";
import { type PlacedWord, wordsAt } from "./words.ts";

/** What messages quote: "x", 'x', (x) and flags; else it stands behind a colon. */
const QUOTED = /"((?:[^"\\]|\\.)*)"|'([^']+)'|\(([^()]+)\)|(--[a-z][a-z-]*)/g;
const NAMED = /: ([^\s"'(]+)/g;

/** The word of an instruction that a message is about. */
export function faultOf(message: string, words: readonly PlacedWord[]): PlacedWord | undefined {
  const quoted = [...message.matchAll(QUOTED), ...message.matchAll(NAMED)].map(
    ([, ...groups]) => groups.find(Boolean) ?? "",
  );
  const tests = [
    (word: PlacedWord, text: string) => word.text === text,
    (word: PlacedWord, text: string) => word.text.startsWith(`${text}=`),
    (word: PlacedWord, text: string) => text.length > 1 && word.text.includes(text),
  ];
  for (const test of tests) {
    for (const text of quoted) {
      const found = words.find((word) => test(word, text));
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/**
 * Adds to DOCKERFILE_INVALID, DOCKERFILE_UNSUPPORTED and ENTITLEMENT_MISSING what they are about: the lines of `text`, with the word at fault marked where the
 * message names one. Every other error, and one that names no line, is returned as it is.
 */
export async function withExcerpt(error: unknown, text: string): Promise<unknown> {
  if (isCode(error, "DOCKERFILE_INVALID")) {
    const { file, line, endLine, message } = error.detail;
    const excerpt = await excerptOf(text, { file, lines: { first: line, last: endLine }, message });
    return excerpt === "" ? error : new Failure(error.code, { ...error.detail, excerpt }, keep(error));
  }
  if (isCode(error, "DOCKERFILE_UNSUPPORTED")) {
    const { file, line, endLine, what } = error.detail;
    const excerpt = await excerptOf(text, { file, lines: { first: line, last: endLine }, message: what });
    return excerpt === "" ? error : new Failure(error.code, { ...error.detail, excerpt }, keep(error));
  }
  if (isCode(error, "ENTITLEMENT_MISSING")) {
    const { file, line, endLine, entitlement: message } = error.detail;
    const excerpt = await excerptOf(text, { file, lines: { first: line, last: endLine }, message });
    return excerpt === "" ? error : new Failure(error.code, { ...error.detail, excerpt }, keep(error));
  }
  return error;
}

const keep = ({ cause, hint }: Failure): { readonly cause?: unknown; readonly hint?: string } => ({
  ...(cause !== undefined && { cause }),
  ...(hint !== undefined && { hint }),
});

interface About {
  readonly file: string;
  readonly lines: LineRange;
  readonly message: string;
}

async function excerptOf(text: string, { file, lines, message }: About): Promise<string> {
  if (lines.first < 1) return "";
  const span = await spanOf(text, { lines, message });
  return sourceExcerpt(text, { file, lines, ...(span !== undefined && { span }) });
}

async function spanOf(text: string, { lines, message }: Omit<About, "file">): Promise<Span | undefined> {
  const isBacktick = /^#\s*escape\s*=\s*`/im.test(text);
  return faultOf(message, await wordsAt(text, { lines, escape: isBacktick ? "`" : "\\" }));
}
