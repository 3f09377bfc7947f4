import { type ChildProcess, spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Base, Command, Contender, Transfer } from "../contender.ts";
import { BASE, RESULT, TRANSFERRED } from "../contender.ts";
import { time, works } from "../process.ts";

const program = fileURLToPath(new URL("../../bin/slipway", import.meta.url));
/** Where its store is served as a registry. */
export const OWN_ADDRESS = "127.0.0.1:15003";

export interface Slipway extends Contender {
  /** Serves its store as a registry; prepare() does so, too. */
  serve(): void;
}

/** The command as users run it, bundled, on state roots of its own. */
export function slipway(folder: string, registry: string | undefined): Slipway {
  const root = join(folder, "root");
  const command = commandOn(root);
  let served: ChildProcess | undefined;
  return {
    name: "slipway",
    missing: () => (works([program, "--version"]) ? undefined : "it is not built: npm run build"),
    prepare: (base: Base) => {
      time(command("import", "--change", "CMD bash", base.tar, BASE));
      time(command("save", "--output", base.archive, BASE));
      // Others unpack the base when they load it, this one when it is first used.
      time(command("run", "--rm", "--network", "none", BASE, "true"));
      served ??= serve(command);
    },
    serve: () => {
      served ??= serve(command);
    },
    build: (context, { cache }) =>
      command("build", "--progress", "quiet", ...(cache ? [] : ["--no-cache"]), "--tag", RESULT, context),
    run: () => command("run", "--rm", BASE, "true"),
    ...(registry === undefined ? {} : { transfer: transferBy(join(folder, "transfer"), registry) }),
    ownRegistry: transferOf(command, OWN_ADDRESS),
    cleanUp: () => {
      served?.kill();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

type Run = (...args: readonly string[]) => Command;
/** DOCKER_HOST names the peer's engine here. */
const commandOn =
  (root: string): Run =>
  (...args) => ({ argv: [program, "--root", root, ...args], env: { DOCKER_HOST: undefined } });

function transferOf(command: Run, registry: string): Omit<Transfer, "forget"> {
  const reference = `${registry}/${TRANSFERRED}`;
  return {
    build: (context) => command("build", "--progress", "quiet", "--tag", reference, context),
    push: () => command("push", "--quiet", reference),
    pull: () => command("pull", "--quiet", reference),
  };
}

/** On a root that is gone with what it knows. */
const transferBy = (root: string, registry: string): Transfer => ({
  ...transferOf(commandOn(root), registry),
  forget: () => [{ argv: ["rm", "-rf", root] }],
});

/** The store as a registry, up when this returns. */
function serve(command: Run): ChildProcess {
  const {
    argv: [file, ...args],
    env,
  } = command("registry", "serve", "--addr", OWN_ADDRESS);
  const server = spawn(file, args, { stdio: "ignore", env: { ...process.env, ...env } });
  for (let waited = 0; !works(["curl", "-fs", `http://${OWN_ADDRESS}/v2/`]); waited += 1) {
    if (waited > 200) throw new Error(`the registry at ${OWN_ADDRESS} does not answer`);
    works(["sleep", "0.05"]);
  }
  return server;
}
