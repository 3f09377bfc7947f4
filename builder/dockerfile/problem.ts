import { Failure } from "../../core/errors.ts";
import type { LineRange } from "./ast.ts";

/**
 * What is wrong with a piece of a Dockerfile, said by code that does not know where the piece stands.
 * It never leaves builder/dockerfile: `located` turns it into a Failure that carries file and lines.
 */
export class Problem extends Error {
  override readonly name = "Problem";
  /** Set by code that knows better than its caller where the fault is. */
  readonly lines: LineRange | undefined;

  constructor(message: string, lines?: LineRange) {
    super(message);
    this.lines = lines;
  }
}

/** Where a piece of a Dockerfile stands. */
export interface Place {
  readonly file: string;
  readonly lines: LineRange;
}

/** The Failure for a Problem found at `place`; everything else is passed on as it is. */
export function locate(error: unknown, place: Place): unknown {
  if (!(error instanceof Problem)) return error;
  const { first, last } = error.lines ?? place.lines;
  return new Failure("DOCKERFILE_INVALID", {
    file: place.file,
    line: first,
    endLine: last,
    message: error.message,
  });
}

/** Runs `work`; a Problem thrown in it becomes DOCKERFILE_INVALID at `place`. */
export function located<T>(place: Place, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw locate(error, place);
  }
}
