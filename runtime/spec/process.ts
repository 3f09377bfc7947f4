import { posix } from "node:path";
import { Failure } from "../../core/errors.ts";
import type { ResolvedUser } from "../../core/user.ts";
import type { ProcessConfig } from "../container-config.ts";
import type { OciProcess } from "./oci.ts";

export const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * Lays `entries` over `base`, both lists of NAME=value: a known name keeps its place and takes the new value, a new name is appended,
 * an entry without "=" takes the name away.
 */
export function overlayEnv(base: readonly string[], entries: readonly string[]): readonly string[] {
  const merged = new Map(base.map((entry) => [nameOf(entry), entry]));
  for (const entry of entries) {
    if (entry.includes("=")) merged.set(nameOf(entry), entry);
    else merged.delete(entry);
  }
  return [...merged.values()];
}

const nameOf = (entry: string): string => entry.split("=", 1)[0] ?? entry;

/** Environment of a container's first process: PATH, HOSTNAME, TERM, the configured ones, and HOME where nothing sets it. */
export function containerEnv(
  config: Pick<ProcessConfig, "Hostname" | "Tty" | "Env">,
  home: string,
): readonly string[] {
  const defaults = [
    `PATH=${DEFAULT_PATH}`,
    `HOSTNAME=${config.Hostname}`,
    ...(config.Tty ? ["TERM=xterm"] : []),
  ];
  const env = overlayEnv(defaults, config.Env ?? []);
  return env.some((entry) => entry.startsWith("HOME=")) ? env : [...env, `HOME=${home}`];
}

/** Entrypoint and command as one argument list. Throws CONTAINER_CONFIG_INVALID "no command specified". */
export function containerArgs(
  config: Pick<ProcessConfig, "Entrypoint" | "Cmd">,
): readonly [string, ...string[]] {
  const [path, ...args] = [...(config.Entrypoint ?? []), ...(config.Cmd ?? [])];
  if (path === undefined) throw new Failure("CONTAINER_CONFIG_INVALID", { why: "no command specified" });
  return [path, ...args];
}

/** A cleaned absolute working directory; "/" when none is set. */
export function workingDirectory(text: string | undefined): string {
  if (text === undefined || text === "") return "/";
  if (!text.startsWith("/"))
    throw new Failure("CONTAINER_CONFIG_INVALID", {
      why: `the working directory '${text}' is invalid, it needs to be an absolute path`,
    });
  const clean = posix.normalize(text);
  return clean === "/" ? clean : clean.replace(/\/$/, "");
}

export interface ProcessRequest {
  readonly args: readonly string[];
  readonly env: readonly string[];
  readonly cwd: string;
  readonly user: ResolvedUser["user"];
  readonly tty: boolean;
  readonly consoleSize?: { readonly columns: number; readonly rows: number } | undefined;
  readonly capabilities: readonly string[];
  readonly noNewPrivileges: boolean;
  readonly oomScoreAdj: number;
  readonly rlimits: readonly { readonly Name: string; readonly Soft: number; readonly Hard: number }[];
}

/** The OCI process of a container or of an exec in it. Inheritable and ambient sets stay empty, so that a non-root user starts without any. */
export function compileProcess(request: ProcessRequest): OciProcess {
  const { capabilities, consoleSize } = request;
  return {
    ...(request.tty ? { terminal: true } : {}),
    ...(request.tty && consoleSize !== undefined
      ? { consoleSize: { height: consoleSize.rows, width: consoleSize.columns } }
      : {}),
    user: request.user,
    args: request.args,
    env: request.env,
    cwd: request.cwd,
    capabilities: {
      bounding: capabilities,
      effective: capabilities,
      permitted: capabilities,
      inheritable: [],
      ambient: [],
    },
    rlimits: request.rlimits.map(({ Name, Soft, Hard }) => ({
      type: `RLIMIT_${Name.toUpperCase()}`,
      soft: Soft,
      hard: Hard,
    })),
    noNewPrivileges: request.noNewPrivileges,
    ...(request.oomScoreAdj === 0 ? {} : { oomScoreAdj: request.oomScoreAdj }),
  };
}
