import type { CommandLine } from "../instructions/types.ts";
import type { StageState } from "./stage-state.ts";

const DEFAULT_SHELL = ["/bin/sh", "-c"] as const;

/** The words to execute: the shell form gets its shell in front. */
export function toExecute(
  { config }: Pick<StageState, "config">,
  { command, shellForm }: CommandLine,
): readonly string[] {
  if (!shellForm) return command;
  const { Shell = [] } = config;
  return [...(Shell.length > 0 ? Shell : DEFAULT_SHELL), command.join(" ")];
}
