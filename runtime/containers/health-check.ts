import { Failure } from "../../core/errors.ts";
import type { Healthcheck } from "../../image/config.ts";
import type { ProcessConfig } from "../container-config.ts";
import type { HealthProbe } from "../launch/health-probe.ts";

const DEFAULT_SHELL = ["/bin/sh", "-c"];
const NANO_PER_MS = 1e6;
const MIN_NANO = NANO_PER_MS;
const DEFAULTS = {
  Interval: 30_000,
  Timeout: 30_000,
  StartPeriod: 0,
  StartInterval: 5000,
  Retries: 3,
} as const;

type Shell = Pick<ProcessConfig, "Shell">;
const FORMS: Readonly<Record<string, (words: readonly string[], config: Shell) => readonly string[]>> = {
  NONE: () => [],
  CMD: (words) => words,
  "CMD-SHELL": (words, { Shell = [] }) => [...(Shell.length > 0 ? Shell : DEFAULT_SHELL), ...words],
};

/** The probe of a container's health check; undefined when there is none. Throws CONTAINER_CONFIG_INVALID. */
export function healthProbe({
  Healthcheck: check,
  Shell = [],
}: Pick<ProcessConfig, "Healthcheck" | "Shell">): HealthProbe | undefined {
  const [form, ...words] = check?.Test ?? [];
  if (check === undefined || form === undefined) return undefined;
  const compile = Object.hasOwn(FORMS, form) ? FORMS[form] : undefined;
  if (compile === undefined)
    throw new Failure("CONTAINER_CONFIG_INVALID", {
      why: `Unknown healthcheck type ${JSON.stringify(form)}`,
    });
  checkTimes(check);
  const args = compile(words, { Shell });
  if (args.length === 0) return undefined;
  const ms = (name: Exclude<keyof typeof DEFAULTS, "Retries">) =>
    (check[name] ?? 0) > 0 ? (check[name] ?? 0) / NANO_PER_MS : DEFAULTS[name];
  return {
    args,
    intervalMs: ms("Interval"),
    timeoutMs: ms("Timeout"),
    startPeriodMs: ms("StartPeriod"),
    startIntervalMs: ms("StartInterval"),
    retries: check.Retries || DEFAULTS.Retries,
  };
}

function checkTimes(check: Healthcheck): void {
  for (const name of ["Interval", "Timeout", "StartPeriod", "StartInterval"] as const) {
    const value = check[name] ?? 0;
    if (value !== 0 && value < MIN_NANO)
      throw new Failure("CONTAINER_CONFIG_INVALID", {
        why: `${name} in Healthcheck cannot be less than 1ms`,
      });
  }
  if ((check.Retries ?? 0) < 0)
    throw new Failure("CONTAINER_CONFIG_INVALID", { why: "Retries in Healthcheck cannot be negative" });
}
