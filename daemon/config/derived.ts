import { homedir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { DaemonOptions, LiveSettings } from "../daemon.ts";
import { cacheCare } from "./cache-care.ts";
import type { DaemonFile } from "./file.ts";

const SHUTDOWN_S = 15;
const DEFAULT_HOST = "unix:///var/run/slipway.sock";

/** What of the settings may change while the daemon runs. */
export const liveSettings = (settings: DaemonFile): LiveSettings => ({
  level: settings.debug === true ? "debug" : (settings["log-level"] ?? "info"),
  labels: settings.labels ?? [],
  shutdownMs: (settings["shutdown-timeout"] ?? SHUTDOWN_S) * 1000,
});

/** What of the settings the engine asks for anew each time. */
export const engineSettings = (settings: DaemonFile) => ({
  insecureRegistries: settings["insecure-registries"] ?? [],
  registryMirrors: settings["registry-mirrors"] ?? [],
  cacheCare: cacheCare(settings),
});

/** Settings that hold as soon as they are read again. */
const LIVE = new Set<keyof DaemonFile>([
  "debug",
  "log-level",
  "labels",
  "shutdown-timeout",
  "insecure-registries",
  "registry-mirrors",
  "builder",
]);

/** The settings that were changed, but hold only when the daemon starts again. */
export function waitingSettings(before: DaemonFile, now: DaemonFile): readonly string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(now)] as (keyof DaemonFile)[]);
  return [...names].filter((name) => !LIVE.has(name) && !isDeepStrictEqual(before[name], now[name])).sort();
}

type Environment = Readonly<Record<string, string | undefined>>;

export const hostsOf = ({ hosts = [] }: DaemonFile): readonly string[] =>
  hosts.length > 0 ? hosts : [DEFAULT_HOST];

export function listenOptions(settings: DaemonFile, env: Environment): DaemonOptions["listen"] {
  const { group, tls = false, tlsverify = false } = settings;
  const folder = env["DOCKER_CERT_PATH"] ?? join(homedir(), ".docker");
  const file = (name: string, given: string | undefined) => given ?? join(folder, name);
  const files = {
    cert: file("cert.pem", settings.tlscert),
    key: file("key.pem", settings.tlskey),
    ...(tlsverify ? { ca: file("ca.pem", settings.tlscacert) } : {}),
  };
  return {
    group: { name: group ?? "docker", required: group !== undefined },
    ...(tls || tlsverify ? { tls: files } : {}),
    insecureTcp: settings["insecure-tcp"] === true,
    env,
  };
}

/** The variables that proxies are set by, for this process and the credential helpers it starts, as dockerd does. */
export const proxyVariables = ({ proxies = {} }: DaemonFile): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(proxies).map(([name, value = ""]) => [name.toUpperCase().replaceAll("-", "_"), value]),
  );
