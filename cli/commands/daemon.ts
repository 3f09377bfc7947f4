import { Failure } from "../../core/errors.ts";
import {
  engineSettings,
  hostsOf,
  listenOptions,
  liveSettings,
  proxyVariables,
  waitingSettings,
} from "../../daemon/config/derived.ts";
import type { DaemonFile } from "../../daemon/config/file.ts";
import type { Engine, RegistryListening } from "../../engine/api.ts";
import { defineCommand } from "../command.ts";
import { embeddedRoot } from "../connection/choose.ts";
import { type Context, warn } from "../context.ts";
import { listeningLines, REGISTRY_FLAGS, registryOf } from "../registry/of-daemon.ts";
import { interruptible } from "../signals.ts";

const CONFIG_FILE = "/etc/slipway/daemon.json";

export const daemon = defineCommand({
  usage: "[OPTIONS]",
  flags: {
    host: {
      kind: "list",
      short: "H",
      help: "Socket to serve the Docker Engine API on: unix://, tcp:// or fd://",
    },
    group: { kind: "string", short: "G", help: "Group for the unix socket" },
    "config-file": {
      kind: "string",
      type: "file",
      help: `Daemon configuration file (default ${CONFIG_FILE})`,
    },
    "data-root": { kind: "string", short: "g", type: "dir", help: "Root directory of persistent state" },
    "storage-driver": {
      kind: "string",
      short: "s",
      help: "How the state root stacks layers: erofs, overlay2 or vfs; without it, as when it was made",
    },
    tls: { kind: "bool", help: "Use TLS; implied by --tlsverify" },
    tlsverify: { kind: "bool", help: "Use TLS and ask clients for a certificate" },
    tlscacert: { kind: "string", type: "file", help: "Trust clients' certificates signed only by this CA" },
    tlscert: { kind: "string", type: "file", help: "Path to TLS certificate file" },
    tlskey: { kind: "string", type: "file", help: "Path to TLS key file" },
    "insecure-tcp": {
      kind: "bool",
      help: "Let everybody who reaches a tcp address become root of this machine",
    },
    ...REGISTRY_FLAGS,
    label: { kind: "list", help: "Set key=value labels of the daemon" },
    pidfile: { kind: "string", short: "p", type: "file", help: "Path to use for daemon PID file" },
    debug: { kind: "bool", short: "D", help: "Log every request" },
    "log-level": { kind: "string", short: "l", help: "Logging level: debug, info, warn, error or fatal" },
    "http-proxy": { kind: "string", type: "url", help: "Proxy for plain HTTP" },
    "https-proxy": { kind: "string", type: "url", help: "Proxy for HTTPS" },
    "no-proxy": { kind: "string", help: "Hosts that are reached without a proxy" },
    "shutdown-timeout": {
      kind: "int",
      help: "Seconds that requests under way have when the daemon stops (default 15)",
    },
    validate: { kind: "bool", help: "Check the configuration and exit" },
  },
  args: { min: 0, max: 0 },
  async run(context, _args, flags) {
    const [misplaced] = context.daemonFlags;
    if (misplaced !== undefined)
      throw new Failure(
        "OPTION_INVALID",
        { option: misplaced, got: "before daemon", want: "to name a daemon to use" },
        {
          hint: `what the daemon shall do stands after its name: '${context.program} daemon ${misplaced} …'`,
        },
      );
    const { readSettings } = await import("../../daemon/config/settings.ts");
    const read = (): DaemonFile => {
      const settings = readSettings(flags, CONFIG_FILE);
      // Only looked at: a mistake is told of now.
      registryOf(context.cwd, settings);
      return settings;
    };
    const settings = read();
    if (flags.validate) {
      await warn(context, "configuration OK");
      return 0;
    }
    await serve(context, settings, read);
    return 0;
  },
});

async function serve(context: Context, settings: DaemonFile, read: () => DaemonFile): Promise<void> {
  const [{ serveDaemon }, { writePidFile }, { loadKernel }] = await Promise.all([
    import("../../daemon/daemon.ts"),
    import("../../daemon/pid-file.ts"),
    import("../../native/binding.ts"),
  ]);
  const findPeer = (fd: number) => loadKernel().peerCredentials(fd);
  const report = (line: string): void => void context.stderr.write(`${line}\n`);
  Object.assign(process.env, proxyVariables(settings));
  const { "data-root": given, "storage-driver": storageDriver } = settings;
  const root = embeddedRoot({
    root: given ?? context.connection.root,
    env: context.env,
    uid: process.getuid?.() ?? 0,
  });
  using live = reloaded(context, settings, { read, report });
  const engine = await context.engine({
    embedded: true,
    root,
    ...(storageDriver === undefined ? {} : { storageDriver }),
    settings: () => engineSettings(live.get()),
  });
  using _pidFile = settings.pidfile === undefined ? undefined : writePidFile(settings.pidfile);
  using stopped = interruptible(context, ["SIGINT", "SIGTERM"]);
  const listen = listenOptions(settings, context.env);
  const both = new AbortController();
  const signal = AbortSignal.any([stopped.signal, both.signal]);
  await Promise.all(
    [
      serveDaemon(
        engine,
        { hosts: hostsOf(settings), root, listen, live: () => liveSettings(live.get()), findPeer, report },
        signal,
      ),
      serveRegistry(engine, registryOf(context.cwd, settings), { report, signal }),
    ].map((one) =>
      one.catch((error: unknown) => {
        // One without the other is not what was asked for.
        both.abort();
        throw error;
      }),
    ),
  );
}

async function serveRegistry(
  { registry }: Engine,
  options: ReturnType<typeof registryOf>,
  { report, signal }: { readonly report: (line: string) => void; readonly signal: AbortSignal },
): Promise<void> {
  if (options === undefined) return;
  const ready = (listening: RegistryListening): void => listeningLines(listening).forEach(report);
  await registry.serve({ ...options, report }, ready, signal);
}

/** The settings that hold now: SIGHUP reads them again. What is wrong with them then is told, and nothing changes. */
function reloaded(
  context: Context,
  settings: DaemonFile,
  { read, report }: { readonly read: () => DaemonFile; readonly report: (line: string) => void },
): Disposable & { readonly get: () => DaemonFile } {
  let current = settings;
  const reload = (): void => {
    try {
      current = read();
      const waiting = waitingSettings(settings, current);
      const later = waiting.length === 0 ? "" : `; only a restart changes ${waiting.join(", ")}`;
      report(`configuration was read again${later}`);
    } catch (error) {
      report(`configuration stays as it was: ${(error as Error).message}`);
    }
  };
  context.signals.on("SIGHUP", reload);
  return { get: () => current, [Symbol.dispose]: () => void context.signals.off("SIGHUP", reload) };
}
