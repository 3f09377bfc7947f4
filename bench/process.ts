import { spawnSync } from "node:child_process";
import type { Command } from "./contender.ts";

/** A tool as the user names it: a program and its first arguments, "sudo podman". */
export const words = (command: string): readonly string[] =>
  command.split(/\s+/).filter((word) => word !== "");

/** Runs a command to its end; throws with the end of its output when it fails. Returns milliseconds. */
export function time({ argv: [file, ...args], env }: Command): number {
  const start = performance.now();
  const { status, error, stdout, stderr } = spawnSync(file, args, {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    encoding: "utf8",
    maxBuffer: 1 << 30,
  });
  const elapsed = performance.now() - start;
  if (status !== 0)
    throw new Error(`${[file, ...args].join(" ")}: ${error?.message ?? `${stdout}${stderr}`.slice(-1500)}`);
  return elapsed;
}

/** True when the command exists and succeeds. */
export function works([file, ...args]: readonly string[], env: Command["env"] = {}): boolean {
  if (file === undefined) return false;
  const options = { env: { ...process.env, ...env }, stdio: "ignore", timeout: 60_000 } as const;
  return spawnSync(file, args, options).status === 0;
}

/** For clean-up: whether it succeeds does not matter. */
export function attempt(argv: readonly string[], env: Command["env"] = {}): void {
  works(argv, env);
}
