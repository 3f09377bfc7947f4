import type { InstructionNode } from "../ast.ts";
import { quote } from "../characters.ts";
import { Problem } from "../problem.ts";
import { parseDevice } from "./device.ts";
import { flagNames, readFlags } from "./flags.ts";
import { checkMount } from "./mount.ts";
import { type CommandLine, NETWORKS, type Run, SECURITY_MODES } from "./types.ts";

const FLAGS = { mount: "strings", network: "string", security: "string", device: "strings" } as const;

const isOneOf = <T extends string>(values: readonly T[], text: string): text is T =>
  (values as readonly string[]).includes(text);

/** What RUN, CMD, ENTRYPOINT and SHELL are given: words, or one string for the shell. */
export function commandLine({ args, json }: Pick<InstructionNode, "args" | "json">): CommandLine {
  return { command: json || args.length === 0 ? args : [args.join(" ")], shellForm: !json };
}

export function readRun(node: InstructionNode): Omit<Run, "keyword" | "code" | "lines" | "comments"> {
  const { mount, network = "default", security = "sandbox", device } = readFlags(node.flags, FLAGS);
  const devices = device.map(parseDevice);
  mount.forEach(checkMount);
  if (!isOneOf(NETWORKS, network)) throw new Problem(`invalid network mode ${quote(network)}`);
  if (!isOneOf(SECURITY_MODES, security)) throw new Problem(`security ${quote(security)} is not valid`);
  return {
    kind: "RUN",
    ...commandLine(node),
    files: node.heredocs.map(({ name, content, chomp }) => ({ name, content, chomp })),
    mounts: mount,
    network,
    security,
    devices,
    flagsUsed: flagNames(node.flags),
  };
}
