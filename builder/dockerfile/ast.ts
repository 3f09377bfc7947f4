/** Lines of a Dockerfile, counted from 1, both included. */
export interface LineRange {
  readonly first: number;
  readonly last: number;
}

/** A here-document: `<<EOF` on the instruction's line, its content on the lines below. */
export interface Heredoc {
  /** The delimiter without its quotes; the name of the file that COPY and ADD create. */
  readonly name: string;
  /** `3` of `3<<EOF`; 0 when none is written. */
  readonly fileDescriptor: number;
  /** False when any part of the delimiter is quoted. */
  readonly expand: boolean;
  /** `<<-`: leading tabs are to be taken off; `content` still has them. */
  readonly chomp: boolean;
  readonly content: string;
}

/**
 * An instruction as BuildKit's parser sees it, before its arguments get a meaning.
 * ENV and LABEL give three arguments for each pair: name, value, and "=" or "" for the legacy `ENV name value`.
 */
export interface InstructionNode {
  /** As written: "RUN", "run". */
  readonly keyword: string;
  /** The source with continuation lines joined and comments removed; heredoc content is not in it. */
  readonly original: string;
  readonly flags: readonly string[];
  readonly args: readonly string[];
  /** The arguments were a JSON array. */
  readonly json: boolean;
  readonly heredocs: readonly Heredoc[];
  readonly lines: LineRange;
  /** Comments since the previous instruction, without "#". */
  readonly comments: readonly string[];
  /** The instruction inside an ONBUILD. */
  readonly trigger?: InstructionNode;
}

export const DIRECTIVES = ["syntax", "escape", "check"] as const;
export type DirectiveName = (typeof DIRECTIVES)[number];

/** A parser directive, `# name=value`, of the first lines. */
export interface Directive {
  readonly name: DirectiveName;
  readonly value: string;
  readonly line: number;
}

export interface ParsedDockerfile {
  /** The name shown in messages. */
  readonly file: string;
  readonly text: string;
  readonly nodes: readonly InstructionNode[];
  readonly directives: readonly Directive[];
  /** Continues lines and takes away the meaning of the next character. */
  readonly escape: "\\" | "`";
  /** Continuations that go over an empty line: the last line of each such instruction. */
  readonly emptyContinuations: readonly number[];
}
