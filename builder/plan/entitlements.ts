import { Failure } from "../../core/errors.ts";
import type { ResolvedStep } from "../dockerfile/resolved.ts";
import type { SourceLine } from "../events.ts";

/** What a build may do beyond what every build may: what `--allow` gives. */
export const ENTITLEMENTS = ["network.host", "security.insecure"] as const;
export type Entitlement = (typeof ENTITLEMENTS)[number];

const NEEDED: Readonly<Record<Entitlement, (step: ResolvedStep) => boolean>> = {
  "network.host": (step) => step.kind === "run" && step.network === "host",
  "security.insecure": (step) => step.kind === "run" && step.security === "insecure",
};

/** Throws ENTITLEMENT_MISSING. */
export function checkEntitlements(
  step: ResolvedStep,
  { file, line, endLine }: SourceLine,
  allowed: readonly Entitlement[],
): void {
  const missing = ENTITLEMENTS.find((name) => NEEDED[name](step) && !allowed.includes(name));
  if (missing !== undefined)
    throw new Failure("ENTITLEMENT_MISSING", { file, line, endLine, entitlement: missing });
}
