import type { Context } from "mocha";
import type { DaemonRig } from "./daemon-rig.ts";
import { requiresPlugin } from "./plugins.ts";

/** The environment in which docker's client of a rig builds with its plugin. Skips where that is not installed. */
export function requiresBuildx(test: Context, daemon: DaemonRig): Readonly<Record<string, string>> {
  requiresPlugin(test, daemon, "docker-buildx");
  return { DOCKER_BUILDKIT: "1", NO_COLOR: "1" };
}
