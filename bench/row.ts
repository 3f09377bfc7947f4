import type { Command, Contender } from "./contender.ts";

/** One line of the comparison. */
export interface Row {
  readonly name: string;
  /** Writes the build context, if the row needs one. */
  readonly prepare?: (context: string) => void;
  /** Runs once before the clock: fills the cache that is measured. */
  readonly warmUp?: (contender: Contender, context: string) => Command | undefined;
  /** What is timed; undefined when the contender has nothing to show here. */
  readonly command: (contender: Contender, context: string) => Command | undefined;
}

/** Two rows of one context: everything built anew, and everything from the cache. */
export function buildRows(name: string, prepare: (context: string) => void): readonly Row[] {
  const build = (cache: boolean) => (contender: Contender, context: string) =>
    contender.build?.(context, { cache });
  return [
    { name, prepare, command: build(false) },
    { name: `${name} cached`, prepare, warmUp: build(true), command: build(true) },
  ];
}
