import { Failure } from "../core/errors.ts";
import type { Engine } from "../engine/api.ts";
import { chooseTarget, ownRoot, type Target } from "./connection/choose.ts";
import type { ConnectOptions } from "./context.ts";
import type { Connect } from "./program.ts";

/** The one place that decides which engine a command talks to: the embedded one on a state root, or that of a daemon. */
export const connect: Connect = async (options) => {
  const target = targetOf(options);
  return target.kind === "embedded" ? openEmbedded(target.root, options) : openDaemon(target, options);
};

function targetOf({ root, daemon, env, embedded }: ConnectOptions): Target {
  const uid = process.getuid?.() ?? 0;
  if (embedded !== true) return chooseTarget({ root, daemon, env, uid });
  return { kind: "embedded", root: root ?? (env["SLIPWAY_ROOT"] || ownRoot(env, uid)) };
}

async function openEmbedded(root: string, options: ConnectOptions): Promise<Engine> {
  const { openEngine } = await import("../engine/compose.ts");
  const { env, insecureRegistries: insecure, registryMirrors: mirrors } = options;
  const driver = options.storageDriver ?? (env["SLIPWAY_STORAGE_DRIVER"] || undefined);
  return openEngine(root, { driver, registries: { env, insecure, mirrors, daemonJson: true } });
}

async function openDaemon(
  { host, tls }: Extract<Target, { readonly kind: "daemon" }>,
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
  const [{ IgnoreRules }, { excerpt }] = await Promise.all([
    import("../builder/context/ignore-rules.ts"),
    import("../builder/steps/excerpt.ts"),
  ]);
  return { parseIgnore: (text: string) => IgnoreRules.parse(text), excerpt };
}
