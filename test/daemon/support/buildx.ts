import { existsSync, mkdirSync, symlinkSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Context } from "mocha";
import { findCommand } from "../../support/requires.ts";
import type { DaemonRig } from "./daemon-rig.ts";

const NAME = "docker-buildx";
const FOLDERS = [
  join(process.env["DOCKER_CONFIG"] ?? join(homedir(), ".docker"), "cli-plugins"),
  "/usr/local/lib/docker/cli-plugins",
  "/usr/local/libexec/docker/cli-plugins",
  "/usr/lib/docker/cli-plugins",
  "/usr/libexec/docker/cli-plugins",
];

/** The environment in which docker's client of a rig builds with its plugin. Skips where that is not installed. */
export function requiresBuildx(test: Context, daemon: DaemonRig): Readonly<Record<string, string>> {
  const found = FOLDERS.map((folder) => join(folder, NAME)).find(existsSync) ?? findCommand(NAME);
  if (found === undefined) {
    if (test.test !== undefined) test.test.title += ` (skipped: needs docker's plugin ${NAME})`;
    test.skip();
  }
  const plugins = join(daemon.slipway.scratch.path, ".docker", "cli-plugins");
  mkdirSync(plugins, { recursive: true });
  if (!existsSync(join(plugins, NAME))) symlinkSync(found, join(plugins, NAME));
  return { DOCKER_BUILDKIT: "1", NO_COLOR: "1" };
}
