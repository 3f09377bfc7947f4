import { type ChildProcess, spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Base, Command, Contender, Transfer } from "../contender.ts";
import { BASE, RESULT, TRANSFERRED } from "../contender.ts";
import { time, works } from "../process.ts";

/** How often a service that starts is asked for, at most. */
const PATIENCE = 200;
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
  const daemon = daemonOn(join(folder, "daemon"), () => base);
  let base = "";
  return {
    name: "slipway",
    missing: () => (works([program, "--version"]) ? undefined : "it is not built: npm run build"),
    prepare: ({ tar, archive }: Base) => {
      base = tar;
      time(command("import", "--change", "CMD bash", tar, BASE));
      time(command("save", "--output", archive, BASE));
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
    ...(works(["docker", "--version"])
      ? {
          runByClient: () => ({
            argv: ["docker", "run", "--rm", BASE, "true"],
            env: { DOCKER_HOST: daemon.host() },
          }),
        }
      : {}),
    ...(registry === undefined ? {} : { transfer: transferBy(join(folder, "transfer"), registry) }),
    ownRegistry: transferOf(command, OWN_ADDRESS),
    cleanUp: () => {
      served?.kill();
      daemon.stop();
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

/** A daemon on a root of its own with the base image in it; up when host() returns its address. */
function daemonOn(root: string, base: () => string): { host(): string; stop(): void } {
  const host = `unix://${root}.sock`;
  let running: ChildProcess | undefined;
  return {
    host: () => {
      if (running !== undefined) return host;
      const command = commandOn(root);
      time(command("import", "--change", "CMD bash", base(), BASE));
      running = start(command("daemon", "--host", host));
      until(["docker", "version"], `the daemon at ${host} does not answer`, { DOCKER_HOST: host });
      return host;
    },
    stop: () => {
      running?.kill();
    },
  };
}

/** The store as a registry, up when this returns. */
function serve(command: Run): ChildProcess {
  const server = start(command("registry", "serve", "--addr", OWN_ADDRESS));
  until(["curl", "-fs", `http://${OWN_ADDRESS}/v2/`], `the registry at ${OWN_ADDRESS} does not answer`);
  return server;
}

const start = ({ argv: [file, ...args], env }: Command): ChildProcess =>
  spawn(file, args, { stdio: "ignore", env: { ...process.env, ...env } });

function until(probe: readonly string[], otherwise: string, env: Command["env"] = {}): void {
  for (let waited = 0; !works(probe, env); waited += 1) {
    if (waited > PATIENCE) throw new Error(otherwise);
    works(["sleep", "0.05"]);
  }
}
