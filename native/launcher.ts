import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The static launcher beside the addon (native/launcher). */
export function launcherPath(): string {
  return join(dirname(dirname(fileURLToPath(import.meta.url))), "build", "Release", "launcher");
}
