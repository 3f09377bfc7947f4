import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { BASE } from "../contender.ts";
import { buildRows } from "../row.ts";

const STEPS = 10;

/** What a step costs: ten RUNs that hardly do anything. What the first use of a base costs is no step's. */
export const steps = buildRows("steps", {
  prepare: (context) => writeSteps(context),
}).map((row) => ({ warmUp: row.command, ...row }));

export function writeSteps(context: string, count = STEPS): void {
  const runs = Array.from({ length: count }, (_, i) => `RUN echo ${i} > /s${i}`);
  writeFileSync(join(context, "Dockerfile"), [`FROM ${BASE}`, ...runs, ""].join("\n"));
}
