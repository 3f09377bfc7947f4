import { dirname, join } from "node:path";

/** The static launcher beside the addon (native/launcher). */
export function launcherPath(): string {
  return join(dirname(import.meta.dirname), "build", "Release", "launcher");
}
