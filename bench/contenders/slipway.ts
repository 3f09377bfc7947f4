import { rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Base, Command, Contender } from "../contender.ts";
import { BASE, RESULT } from "../contender.ts";
import { time, works } from "../process.ts";

const program = fileURLToPath(new URL("../../bin/slipway", import.meta.url));

/** The command as users run it, bundled, on a state root of its own. */
export function slipway(folder: string): Contender {
  const root = join(folder, "root");
  // DOCKER_HOST names the peer's engine here.
  const env = { DOCKER_HOST: undefined };
  const command = (...args: readonly string[]): Command => ({
    argv: [program, "--root", root, ...args],
    env,
  });
  return {
    name: "slipway",
    missing: () => (works([program, "--version"]) ? undefined : "it is not built: npm run build"),
    prepare: (base: Base) => {
      time(command("import", "--change", "CMD bash", base.tar, BASE));
      time(command("save", "--output", base.archive, BASE));
    },
    build: (context, { cache }) =>
      command("build", "--progress", "quiet", ...(cache ? [] : ["--no-cache"]), "--tag", RESULT, context),
    run: () => command("run", "--rm", BASE, "true"),
    cleanUp: () => rmSync(root, { recursive: true, force: true }),
  };
}
