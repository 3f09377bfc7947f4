import { describeError, Failure, hintOf } from "../core/errors.ts";
import type { Command } from "./command.ts";
import { type Context, warn } from "./context.ts";

/** Exit codes that do not depend on the command: pflag's, and 128 + SIGINT. */
const EXIT_CODES: Readonly<Record<string, number>> = {
  FLAG_INVALID: 125,
  ARGUMENTS_INVALID: 1,
  COMMAND_UNKNOWN: 1,
  CANCELLED: 130,
};
/** A shell's, for commands whose own purpose is to run the program that could not be run. */
const PROCESS_CODES: Readonly<Record<string, number>> = {
  EXEC_NOT_FOUND: 127,
  EXEC_DENIED: 126,
  EXEC_FORMAT: 126,
};

/** The first of an error and its causes that decides the exit code, else that of the command. */
export function exitCodeOf(
  error: unknown,
  { failureCode = 1, runsProcess = false }: Pick<Command, "failureCode" | "runsProcess"> = {},
): number {
  for (let e = error; e instanceof Error; e = e.cause) {
    if (!(e instanceof Failure)) continue;
    const code = EXIT_CODES[e.code] ?? (runsProcess ? PROCESS_CODES[e.code] : undefined);
    if (code !== undefined) return code;
  }
  return failureCode;
}

/** Prints an error for people: what happened, then the remedy; with --debug also where it came from. */
export async function printError(context: Context, error: unknown): Promise<void> {
  await warn(context, `Error: ${described(error)}`);
  const hint = hintOf(error);
  if (hint !== undefined) await warn(context, `hint: ${hint}`);
  if (!context.debug) return;
  for (let e = error; e instanceof Error; e = e.cause) await warn(context, e.stack ?? e.message);
}

/** What was cancelled says it once: neither what ended because of that nor who asked for it is news. */
function described(error: unknown): string {
  for (let e = error; e instanceof Error; e = e.cause)
    if (e instanceof Failure && e.kind === "cancelled") return e.message;
  return describeError(error);
}

/** Runs `act` for every argument even when one fails, as docker does: prints each failure; the exit code is 1 if there was one. */
export async function forEachArgument(
  context: Context,
  args: readonly string[],
  act: (arg: string) => Promise<void>,
): Promise<number> {
  let exitCode = 0;
  for (const arg of args) {
    try {
      await act(arg);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      exitCode = 1;
      await printError(context, error);
    }
  }
  return exitCode;
}
