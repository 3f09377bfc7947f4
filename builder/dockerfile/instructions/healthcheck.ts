import type { Healthcheck } from "../../../image/config.ts";
import type { InstructionNode } from "../ast.ts";
import { quote } from "../characters.ts";
import { Problem } from "../problem.ts";
import { readFlags } from "./flags.ts";
import { parseDuration } from "./numbers.ts";
import { commandLine } from "./run.ts";

const FLAGS = {
  interval: "string",
  timeout: "string",
  "start-period": "string",
  "start-interval": "string",
  retries: "string",
} as const;
const MILLISECOND = 1e6;

/** A time in nanoseconds; 0 when it is not given. */
function time(name: keyof typeof FLAGS, value: string | undefined): number {
  if (value === undefined || value === "") return 0;
  const duration = parseDuration(value);
  if (duration !== 0 && duration < MILLISECOND) {
    throw new Problem(`Interval ${quote(name)} cannot be less than 1ms`);
  }
  return duration;
}

function count(value: string | undefined): number {
  if (value === undefined || value === "") return 0;
  const parsed = `strconv.ParseInt: parsing ${quote(value)}`;
  if (!/^[+-]?\d+$/.test(value)) throw new Problem(`${parsed}: invalid syntax`);
  const number = Number(value);
  if (number >= 2 ** 31 || number < -(2 ** 31)) throw new Problem(`${parsed}: value out of range`);
  if (number < 0) throw new Problem(`--retries cannot be negative (${number})`);
  return number;
}

/** Times and counts that are 0 are left out, as in the image's configuration. */
export function readHealthcheck(node: InstructionNode): Healthcheck {
  const [written, ...args] = node.args;
  if (written === undefined) throw new Problem("HEALTHCHECK requires at least one argument");
  const type = written.toUpperCase();
  if (type === "NONE") {
    if (args.length > 0) throw new Problem("HEALTHCHECK NONE takes no arguments");
    return { Test: ["NONE"] };
  }
  const flags = readFlags(node.flags, FLAGS);
  if (type !== "CMD") throw new Problem(`Unknown type ${quote(type)} in HEALTHCHECK (try CMD)`);
  const { command, shellForm } = commandLine({ args, json: node.json });
  if (command.length === 0) throw new Problem("Missing command after HEALTHCHECK CMD");
  const Interval = time("interval", flags.interval);
  const Timeout = time("timeout", flags.timeout);
  const StartPeriod = time("start-period", flags["start-period"]);
  const StartInterval = time("start-interval", flags["start-interval"]);
  const Retries = count(flags.retries);
  return {
    Test: [shellForm ? "CMD-SHELL" : "CMD", ...command],
    ...(Interval !== 0 && { Interval }),
    ...(Timeout !== 0 && { Timeout }),
    ...(StartPeriod !== 0 && { StartPeriod }),
    ...(StartInterval !== 0 && { StartInterval }),
    ...(Retries !== 0 && { Retries }),
  };
}
