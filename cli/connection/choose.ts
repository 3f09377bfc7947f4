import { accessSync, constants, statSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { Failure } from "../../core/errors.ts";
import { rootSocket } from "../../core/root-socket.ts";
import type { AskedDaemon } from "./asked.ts";
import { readContext } from "./context-store.ts";
import { currentContext, DEFAULT_CONTEXT, dockerFolder } from "./docker-folder.ts";

export type Env = Readonly<Record<string, string | undefined>>;

/** Which engine a command talks to. */
export type Target = { readonly kind: "embedded"; readonly root: string } | DaemonTarget;

export interface DaemonTarget {
  readonly kind: "daemon";
  readonly host: string;
  readonly tls?: TargetTls;
  /** Of one that was found and not named: the state root that is meant where nobody listens there any more. */
  readonly instead?: string;
}

/** Where TLS is asked for: the files of certificates, those that are not named by Docker's names in a folder. */
export interface TargetTls {
  readonly folder: string;
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly verify: boolean;
}

export interface Choice {
  readonly daemon: AskedDaemon;
  /** `--root`. */
  readonly root: string | undefined;
  readonly env: Env;
  readonly uid: number;
}

/** The context that counts where neither a flag nor DOCKER_HOST names a daemon. Throws DOCKER_CONFIG_INVALID. */
export const activeContext = (env: Env): string => env["DOCKER_CONTEXT"] || currentContext(env);

const DEFAULT_SOCKET = "/var/run/slipway.sock";
const ROOTS_ROOT = "/var/lib/slipway";

/**
 * What the command line says goes before the environment, that before docker's configuration, and all of them before what is found.
 * Throws OPTIONS_CONFLICT, CONTEXT_UNKNOWN, DOCKER_CONFIG_INVALID.
 */
export function chooseTarget(choice: Choice): Target {
  const { daemon, root, env } = choice;
  const flag = daemon.host ? "--host" : daemon.context ? "--context" : undefined;
  if (daemon.host && daemon.context)
    throw new Failure("OPTIONS_CONFLICT", { one: "--host", other: "--context" });
  if (flag !== undefined && root !== undefined)
    throw new Failure("OPTIONS_CONFLICT", { one: "--root", other: flag });
  if (daemon.host) return hostTarget(daemon.host, choice);
  if (root !== undefined) return rootTarget(root, choice.uid);
  return daemon.context ? contextTarget(daemon.context, choice) : environmentTarget(env, choice);
}

function environmentTarget(env: Env, choice: Choice): Target {
  if (env["DOCKER_HOST"]) return hostTarget(env["DOCKER_HOST"], choice);
  if (env["DOCKER_CONTEXT"]) return contextTarget(env["DOCKER_CONTEXT"], choice);
  if (env["SLIPWAY_ROOT"]) return rootTarget(env["SLIPWAY_ROOT"], choice.uid);
  return contextTarget(currentContext(env), choice);
}

function hostTarget(host: string, { daemon, env }: Choice): Target {
  const verify = daemon.tlsverify === true || Boolean(env["DOCKER_TLS_VERIFY"]);
  if (!verify && daemon.tls !== true && !env["DOCKER_TLS"]) return { kind: "daemon", host };
  const { tlscacert: ca, tlscert: cert, tlskey: key } = daemon;
  const folder = env["DOCKER_CERT_PATH"] || dockerFolder(env);
  return { kind: "daemon", host, tls: { folder, ca, cert, key, verify } };
}

/** The context named "default" is what there is without one. */
function contextTarget(name: string, choice: Choice): Target {
  if (name === DEFAULT_CONTEXT) return foundTarget(choice);
  const { host, certificates, skipVerify } = readContext(choice.env, name);
  if (certificates === undefined && !skipVerify) return { kind: "daemon", host };
  return { kind: "daemon", host, tls: { folder: certificates ?? "", verify: !skipVerify } };
}

/**
 * Processes of root share its state root with the daemon, so they need none of it. Others cannot open that root; where they may use the
 * daemon's socket, its engine is the one they mean.
 */
function foundTarget({ env, uid }: Choice): Target {
  const root = ownRoot(env, uid);
  return uid !== 0 && isUsableSocket(DEFAULT_SOCKET)
    ? { kind: "daemon", host: `unix://${DEFAULT_SOCKET}`, instead: root }
    : { kind: "embedded", root };
}

/** A root that is named is opened, unless it is closed to this user and the daemon that owns it is not. */
function rootTarget(root: string, uid: number): Target {
  if (uid === 0 || isOpen(root)) return { kind: "embedded", root };
  const socket = socketsOf(root).find(isUsableSocket);
  return socket === undefined
    ? { kind: "embedded", root }
    : { kind: "daemon", host: `unix://${socket}`, instead: root };
}

/** Where the daemon that owns a state root may listen. */
export const socketsOf = (root: string): readonly string[] => [
  rootSocket(root),
  ...(root === ROOTS_ROOT ? [DEFAULT_SOCKET] : []),
];

/** Also when it is not there yet: making it says what is in the way. */
function isOpen(root: string): boolean {
  try {
    accessSync(root, constants.R_OK | constants.W_OK | constants.X_OK);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "EACCES";
  }
}

/** The state root that is worked on without a daemon. */
export const embeddedRoot = ({ root, env, uid }: Omit<Choice, "daemon">): string =>
  root ?? (env["SLIPWAY_ROOT"] || ownRoot(env, uid));

/** The state root of a user who names none. */
const ownRoot = (env: Env, uid: number): string =>
  uid === 0 ? ROOTS_ROOT : join(env["XDG_DATA_HOME"] ?? join(homedir(), ".local", "share"), "slipway");

export function isUsableSocket(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return statSync(path).isSocket();
  } catch {
    return false;
  }
}
