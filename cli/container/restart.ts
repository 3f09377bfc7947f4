import { Failure } from "../../core/errors.ts";
import type { HostConfig } from "../../engine/api.ts";

/** `no | always | unless-stopped | on-failure[:retries]`. Throws OPTION_INVALID. */
export function readRestartPolicy(text: string): HostConfig["RestartPolicy"] {
  const [, name = "", retries] = /^(no|always|unless-stopped|on-failure(?=:|$))(?::(\d+))?$/.exec(text) ?? [];
  if (name === "" || (retries !== undefined && name !== "on-failure")) {
    const want = "no, always, unless-stopped or on-failure[:max-retries]";
    throw new Failure("OPTION_INVALID", { option: "--restart", got: text, want });
  }
  return {
    Name: name as HostConfig["RestartPolicy"]["Name"],
    MaximumRetryCount: retries === undefined ? 0 : Number(retries),
  };
}
