import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

export const REPOSITORY = fileURLToPath(new URL("../../..", import.meta.url));

/** Path of the command as users run it, from an up-to-date bundle: for tests that need a process of its own. */
export function builtCommand(): string {
  const { status, stderr } = spawnSync(process.execPath, ["scripts/build-bundle.js"], { cwd: REPOSITORY });
  if (status !== 0) throw new Error(`the bundle cannot be built: ${stderr.toString()}`);
  return `${REPOSITORY}bin/slipway`;
}
