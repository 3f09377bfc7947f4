import type { Command, Contender } from "./contender.ts";

/** One line of the comparison. */
export interface Row {
  readonly name: string;
  /** Rows that share a context name it. */
  readonly context?: string;
  /** Writes the build context, if the row needs one. */
  readonly prepare?: (context: string) => void;
  /** Runs once before the clock: fills the cache that is measured. */
  readonly warmUp?: (contender: Contender, context: string) => Command | undefined;
  /** Changes the context before every round of every contender, where nothing may be known from the round before. */
  readonly refresh?: (context: string) => void;
  /** Done before the clock starts, in every round; `source` is who makes what the others fetch. */
  readonly before?: (contender: Contender, context: string, source: Contender) => readonly Command[];
  /** Done after the clock stopped. */
  readonly after?: (contender: Contender) => readonly Command[];
  /** What is timed; undefined when the contender has nothing to show here. */
  readonly command: (contender: Contender, context: string) => Command | undefined;
}

/** Two rows of one context: everything built anew, after `refresh` of what nobody has built before, and everything from the cache. */
export function buildRows(name: string, content: Pick<Row, "prepare" | "refresh">): readonly Row[] {
  const build = (cache: boolean) => (contender: Contender, context: string) =>
    contender.build?.(context, { cache });
  const { refresh: _, ...same } = content;
  return [
    { name, ...content, command: build(false) },
    { name: `${name} cached`, ...same, warmUp: build(true), command: build(true) },
  ];
}
