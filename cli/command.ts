import type { Context } from "./context.ts";
import type { Flags, FlagValues } from "./flags.ts";

/**
 * One command as data: its help, its completion and its page in the reference come from the same record.
 * `run` resolves with the exit code; what it throws is printed and mapped by errors.ts.
 */
export interface Command<F extends Flags = Flags> {
  /** What follows the program's name and the command's own: "[OPTIONS] CONTAINER [CONTAINER...]"; several forms are several lines. */
  readonly usage: string;
  readonly flags: F;
  /** Flags docker has and this version does not: naming one is an error that names it. */
  readonly unsupported?: readonly string[];
  /** How many arguments it takes; no `max` is no limit. */
  readonly args: { readonly min: number; readonly max?: number };
  /** True when everything after the first argument belongs to a container's process. */
  readonly passThrough?: boolean;
  /** Exit code of an operation that failed, unless the failure has its own; 1 when absent. */
  readonly failureCode?: number;
  /** True when a program that cannot be run ends the command with 126 or 127, as a shell would. */
  readonly runsProcess?: boolean;
  /** What completes an argument: the kind of object it names. */
  readonly completes?: "build" | "container" | "image" | "volume" | "network" | "file";
  run(context: Context, args: readonly string[], flags: FlagValues<F>): Promise<number>;
}

/** Lets the compiler derive the type of `flags` in run() from the table. */
export const defineCommand = <const F extends Flags>(command: Command<F>): Command<F> => command;

/** A command as the root's table lists it: loaded only when it is the one asked for. */
export interface Entry {
  /** Every spelling, the management form first: "container ls", "container list", "ps". */
  readonly names: readonly [string, ...string[]];
  readonly summary: string;
  // biome-ignore lint/suspicious/noExplicitAny: a table of commands with different flags; parseFlags() makes what each run() declares
  readonly load: () => Promise<Command<any>>;
}
