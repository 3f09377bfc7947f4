import { homedir } from "node:os";
import { join } from "node:path";
import { Failure } from "../core/errors.ts";
import type { Connect } from "./program.ts";

/** The one place that decides which engine a command talks to: the embedded one on a state root. */
export const connect: Connect = async ({ root, host, insecureRegistries, registryMirrors }) => {
  if (host !== undefined && host !== "") {
    throw new Failure(
      "OPTION_UNSUPPORTED",
      { option: `connecting to ${host}` },
      { hint: "commands run on the local state root; unset DOCKER_HOST and leave out -H" },
    );
  }
  const { openEngine } = await import("../engine/compose.ts");
  return openEngine(root ?? defaultRoot(process.env), {
    registries: {
      env: process.env,
      insecure: insecureRegistries,
      mirrors: registryMirrors,
      daemonJson: true,
    },
  });
};

function defaultRoot(env: Readonly<Record<string, string | undefined>>): string {
  if (process.getuid?.() === 0) return "/var/lib/slipway";
  return join(env["XDG_DATA_HOME"] ?? join(homedir(), ".local", "share"), "slipway");
}
