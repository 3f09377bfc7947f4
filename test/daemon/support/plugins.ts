import { existsSync, mkdirSync, symlinkSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Context } from "mocha";
import { findCommand } from "../../support/requires.ts";
import type { DaemonRig } from "./daemon-rig.ts";

const FOLDERS = [
  join(process.env["DOCKER_CONFIG"] ?? join(homedir(), ".docker"), "cli-plugins"),
  "/usr/local/lib/docker/cli-plugins",
  "/usr/local/libexec/docker/cli-plugins",
  "/usr/lib/docker/cli-plugins",
  "/usr/libexec/docker/cli-plugins",
];

/** Gives docker's client of a rig a plugin of this machine. Skips where that is not installed. */
export function requiresPlugin(
  test: Context,
  daemon: DaemonRig,
  name: "docker-buildx" | "docker-compose",
): void {
  const found = FOLDERS.map((folder) => join(folder, name)).find(existsSync) ?? findCommand(name);
  if (found === undefined) {
    if (test.test !== undefined) test.test.title += ` (skipped: needs docker's plugin ${name})`;
    test.skip();
  }
  const plugins = join(daemon.slipway.scratch.path, ".docker", "cli-plugins");
  mkdirSync(plugins, { recursive: true });
  if (!existsSync(join(plugins, name))) symlinkSync(found, join(plugins, name));
}
