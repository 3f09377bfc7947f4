import type { Instruction } from "dockerfile-ast";
import type { LineRange } from "../ast.ts";
import type { Span } from "./source-excerpt.ts";

/** A word of an instruction, with its place. */
export interface PlacedWord extends Span {
  readonly kind: "keyword" | "flag" | "argument";
  readonly text: string;
}

export interface WordsOptions {
  readonly lines: LineRange;
  readonly escape: "\\" | "`";
}

/**
 * The words of the instruction on these lines. dockerfile-ast finds them; it is given this one instruction, since where instructions end
 * is decided by BuildKit's rules, and it is only loaded when there is something to point at.
 */
export async function wordsAt(text: string, options: WordsOptions): Promise<readonly PlacedWord[]> {
  const { DockerfileParser } = await import("dockerfile-ast");
  const { first, last } = options.lines;
  const own = text.split("\n").slice(first - 1, last);
  const directive = options.escape === "`" ? ["#escape=`"] : [];
  const source = [...directive, ...own].join("\n");
  const shift = first - 1 - directive.length;
  const [instruction] = DockerfileParser.parse(source).getInstructions();
  return instruction === undefined ? [] : placedWords(instruction, { source, shift });
}

type Range = ReturnType<Instruction["getRange"]>;

function placedWords(
  instruction: Instruction,
  { source, shift }: { readonly source: string; readonly shift: number },
): readonly PlacedWord[] {
  const lines = source.split("\n");
  // Of a word that goes over several lines, the part on the first one is marked.
  const place = ({ start, end }: Range): Span => {
    const line = lines[start.line] ?? "";
    const last = start.line === end.line ? end.character : line.replace(/\s*[\\`]?\s*$/, "").length;
    return { line: start.line + 1 + shift, start: start.character, end: last };
  };
  const keyword = { kind: "keyword", text: instruction.getInstruction() } as const;
  return [
    { ...keyword, ...place(instruction.getInstructionRange()) },
    // Flags are in front of the arguments; an instruction without flags of its own has them among these.
    ...flagsOf(instruction).map((flag) => ({
      kind: "flag" as const,
      text: flag.toString(),
      ...place(flag.getRange()),
    })),
    ...instruction.getArguments().map((argument) => ({
      kind: "argument" as const,
      text: argument.getValue(),
      ...place(argument.getRange()),
    })),
  ];
}

interface FlagLike {
  toString(): string;
  getRange(): Range;
}
const flagsOf = (instruction: object): readonly FlagLike[] =>
  "getFlags" in instruction && typeof instruction.getFlags === "function"
    ? (instruction.getFlags() as readonly FlagLike[])
    : [];
