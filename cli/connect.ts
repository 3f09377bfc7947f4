import type { Duplex } from "node:stream";
import { Failure, isCode } from "../core/errors.ts";
import type { CacheCare, Engine } from "../engine/api.ts";
import { readCacheCare } from "./connection/cache-care.ts";
import {
  chooseTarget,
  type DaemonTarget,
  embeddedRoot,
  isUsableSocket,
  socketsOf,
  type Target,
} from "./connection/choose.ts";
import type { ConnectOptions } from "./context.ts";
import type { Connect } from "./program.ts";

/** The one place that decides which engine a command talks to: the embedded one on a state root, or that of a daemon. */
export const connect: Connect = async (options) => {
  const target = targetOf(options);
  if (target.kind === "embedded") return openEmbedded(target.root, options);
  try {
    return await openDaemon(target, options);
  } catch (error) {
    // What a daemon that was killed left behind is no daemon.
    if (target.instead === undefined || !isCode(error, "DAEMON_UNREACHABLE")) throw error;
    return openEmbedded(target.instead, options);
  }
};

/**
 * A connection to the socket of the daemon that the command line names, or that owns its state root; the caller is its owner. Rejects with
 * DAEMON_UNREACHABLE.
 */
export async function dial(options: ConnectOptions): Promise<Duplex> {
  const target = targetOf(options);
  const { dialDaemon } = await import("../client/dial.ts");
  if (target.kind === "daemon") return dialDaemon(target);
  const sockets = socketsOf(target.root);
  const host = `unix://${sockets.find(isUsableSocket) ?? sockets.at(-1)}`;
  return dialDaemon({ host });
}

function targetOf({ root, daemon, env, embedded }: ConnectOptions): Target {
  const uid = process.getuid?.() ?? 0;
  if (embedded !== true) return chooseTarget({ root, daemon, env, uid });
  return { kind: "embedded", root: embeddedRoot({ root, env, uid }) };
}

async function openEmbedded(root: string, options: ConnectOptions): Promise<Engine> {
  const { openEngine } = await import("../engine/compose.ts");
  const { env, settings } = options;
  const driver = options.storageDriver ?? (env["SLIPWAY_STORAGE_DRIVER"] || undefined);
  const named = () => {
    const { insecureRegistries: insecure, registryMirrors: mirrors } = settings?.() ?? options;
    return { insecure, mirrors };
  };
  const cacheCare = (): CacheCare | undefined => {
    const care = settings?.().cacheCare ?? readCacheCare(env);
    return care === "off" ? undefined : care;
  };
  // What the environment says wrongly is told at once.
  cacheCare();
  return openEngine(root, { driver, registries: { env, named, daemonJson: true }, cacheCare });
}

async function openDaemon(
  { host, tls }: DaemonTarget,
  { env, own: [flag] }: ConnectOptions,
): Promise<Engine> {
  if (flag !== undefined)
    throw new Failure("OPTIONS_CONFLICT", {
      one: flag,
      other: `the daemon at ${host}, whose own setting it is`,
    });
  const [{ connectEngine }, { DockerCredentials }] = await Promise.all([
    import("../client/connect.ts"),
    import("../registry/client/credentials/docker-credentials.ts"),
  ]);
  const credentials = new DockerCredentials(env);
  return connectEngine({ host, credentials, buildTools, ...(tls === undefined ? {} : { tls }) });
}

/** What is the same wherever a build runs. */
async function buildTools() {
  const [{ IgnoreRules }, { excerpt }, { openLayout }, { openFolder }] = await Promise.all([
    import("../builder/context/ignore-rules.ts"),
    import("../builder/steps/excerpt.ts"),
    import("../engine/builds/open-layout.ts"),
    import("../engine/builds/open-folder.ts"),
  ]);
  return { parseIgnore: (text: string) => IgnoreRules.parse(text), excerpt, openLayout, openFolder };
}
