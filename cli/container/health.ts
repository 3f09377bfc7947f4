import { Failure } from "../../core/errors.ts";
import type { ProcessConfig } from "../../engine/api.ts";
import type { Flags, FlagValues } from "../flags.ts";

export const HEALTH_FLAGS = {
  "health-cmd": { kind: "string", help: "Command to run to check health" },
  "health-interval": { kind: "duration", help: "Time between running the check (ms|s|m|h) (default 0s)" },
  "health-retries": { kind: "int", help: "Consecutive failures needed to report unhealthy" },
  "health-start-interval": {
    kind: "duration",
    help: "Time between running the check during the start period (ms|s|m|h) (default 0s)",
  },
  "health-start-period": {
    kind: "duration",
    help: "Start period for the container to initialize before starting health-retries countdown (ms|s|m|h) (default 0s)",
  },
  "health-timeout": {
    kind: "duration",
    help: "Maximum time to allow one check to run (ms|s|m|h) (default 0s)",
  },
  "no-healthcheck": { kind: "bool", help: "Disable any container-specified HEALTHCHECK" },
} as const satisfies Flags;

type Healthcheck = NonNullable<ProcessConfig["Healthcheck"]>;

const NANO_PER_MS = 1e6;
const TIMES = [
  ["health-interval", "Interval"],
  ["health-timeout", "Timeout"],
  ["health-start-period", "StartPeriod"],
  ["health-start-interval", "StartInterval"],
] as const;

/** What the flags say about the image's health check; undefined when they say nothing. */
export function readHealthcheck(flags: FlagValues<typeof HEALTH_FLAGS>): Healthcheck | undefined {
  const { "health-cmd": command = "", "health-retries": retries = 0 } = flags;
  const times = TIMES.flatMap(([flag, field]) => {
    const value = flags[flag] ?? 0;
    if (value < 0)
      throw new Failure("OPTION_INVALID", {
        option: `--${flag}`,
        got: String(value),
        want: "no negative time",
      });
    return value === 0 ? [] : [[field, Math.round(value * NANO_PER_MS)] as const];
  });
  if (retries < 0)
    throw new Failure("OPTION_INVALID", {
      option: "--health-retries",
      got: String(retries),
      want: "no negative number",
    });
  const says = command !== "" || retries > 0 || times.length > 0;
  if (flags["no-healthcheck"]) {
    if (says) throw new Failure("OPTIONS_CONFLICT", { one: "--no-healthcheck", other: "--health-*" });
    return { Test: ["NONE"] };
  }
  if (!says) return undefined;
  return {
    ...(command === "" ? {} : { Test: ["CMD-SHELL", command] }),
    ...Object.fromEntries(times),
    ...(retries === 0 ? {} : { Retries: retries }),
  };
}
