import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

export const REPOSITORY = fileURLToPath(new URL("../../..", import.meta.url));

const COMMAND = `${REPOSITORY}bin/slipway`;
let built = false;

/** Path of the command as users run it, from an up-to-date bundle: for tests that need a process of its own. */
export function builtCommand(): string {
  if (built) return COMMAND;
  const { status, stderr } = spawnSync(process.execPath, ["scripts/build-bundle.js"], { cwd: REPOSITORY });
  if (status !== 0) throw new Error(`the bundle cannot be built: ${stderr.toString()}`);
  built = true;
  return COMMAND;
}

/** The environment for the command: where there is a real engine to compare with, DOCKER_HOST names that one. */
export function commandEnv(): NodeJS.ProcessEnv {
  const { DOCKER_HOST: _peer, ...env } = process.env;
  return env;
}
