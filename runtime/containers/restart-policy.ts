import type { HostConfig } from "../container-config.ts";
import type { RestartRule } from "../launch/restart-rule.ts";
import type { StoredContainer } from "./stored-container.ts";

type Policy = HostConfig["RestartPolicy"];

const RULES: Readonly<Record<Policy["Name"], RestartRule["when"]>> = {
  "": "never",
  no: "never",
  "on-failure": "on-failure",
  always: "always",
  "unless-stopped": "always",
};

/** What the shim is told. That a user's stop ends it, and for how long, is not the shim's to know. */
export const restartRule = ({ Name, MaximumRetryCount }: Policy): RestartRule => ({
  when: RULES[Name],
  maximum: MaximumRetryCount,
});

export const restarts = ({ Name }: Policy): boolean => RULES[Name] !== "never";

/** Whether a container that does not run is started when an engine takes up its work: Docker's rule for the start of its daemon. */
export function isRevived({ state, hostConfig }: Pick<StoredContainer, "state" | "hostConfig">): boolean {
  if (state.phase !== "exited") return false;
  const { Name, MaximumRetryCount: maximum } = hostConfig.RestartPolicy;
  const stopped = state.stopped === true;
  if (Name === "always") return true;
  if (Name === "unless-stopped") return !stopped;
  if (Name !== "on-failure" || stopped || state.exitCode === 0) return false;
  return maximum === 0 || (state.restarts ?? 0) < maximum;
}
