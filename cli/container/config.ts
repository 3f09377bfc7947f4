import { Failure } from "../../core/errors.ts";
import { parsePlatform } from "../../core/platform.ts";
import type { ContainerCreate, HostConfig } from "../../engine/api.ts";
import type { Context } from "../context.ts";
import type { FlagValues } from "../flags.ts";
import type { CONTAINER_FLAGS } from "./flags.ts";
import { readHealthcheck } from "./health.ts";
import { readIsolation } from "./isolation.ts";
import { keyValues, readEnv, readLabels } from "./key-values.ts";
import { readLimits } from "./limits.ts";
import { readMounts } from "./mounts.ts";
import { readNetworks } from "./networks.ts";
import { readPorts } from "./ports.ts";
import { readRestartPolicy } from "./restart.ts";
import { readSecurityOptions } from "./security-options.ts";
import { readUlimit } from "./ulimit.ts";

type Config = ContainerCreate["config"];
type ContainerFlags = FlagValues<typeof CONTAINER_FLAGS>;

/** Which of the process's streams the command line is connected to. */
export interface Streams {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
}

/** Translates `run`'s and `create`'s command line to the engine's request; checks what can be checked without the engine. */
export function readCreate(
  context: Context,
  [image = "", ...command]: readonly string[],
  flags: ContainerFlags,
  streams: Streams,
): ContainerCreate {
  const ports = readPorts(flags.publish, flags.expose);
  const networks = readNetworks(flags);
  const mounts = readMounts(flags, context.cwd);
  return {
    ...optional("name", flags.name),
    ...optional("platform", flags.platform === undefined ? undefined : parsePlatform(flags.platform)),
    config: {
      Image: image,
      ...optional("Cmd", command.length > 0 ? command : undefined),
      ExposedPorts: ports.exposed,
      Volumes: mounts.volumes,
      ...streamFields(flags, streams),
      ...processFields(context, flags),
    },
    hostConfig: {
      ...resources(flags),
      Binds: mounts.binds,
      Tmpfs: mounts.tmpfs,
      ...listed("Mounts", mounts.mounts),
      PortBindings: ports.bindings,
      NetworkMode: networks.mode,
      ...hostFields(context, flags),
    },
    networks: networks.networks,
  };
}

const streamFields = ({ tty, interactive }: ContainerFlags, { stdin, stdout, stderr }: Streams) =>
  ({
    AttachStdin: stdin,
    AttachStdout: stdout,
    AttachStderr: stderr,
    Tty: tty,
    OpenStdin: interactive,
    StdinOnce: interactive && stdin,
  }) satisfies Partial<Config>;

const processFields = ({ env }: Context, flags: ContainerFlags) =>
  ({
    Env: readEnv(flags["env-file"], flags.env, env),
    Labels: readLabels(flags["label-file"], flags.label),
    ...optional("Entrypoint", flags.entrypoint === undefined ? undefined : [flags.entrypoint]),
    ...optional("Hostname", flags.hostname),
    ...optional("Domainname", flags.domainname),
    ...optional("User", flags.user),
    ...optional("WorkingDir", flags.workdir),
    ...optional("StopSignal", flags["stop-signal"]),
    ...optional("StopTimeout", flags["stop-timeout"]),
    ...optional("Healthcheck", readHealthcheck(flags)),
  }) satisfies Partial<Config>;

const hostFields = ({ cwd, stdout }: Context, flags: ContainerFlags) =>
  ({
    ...listed("VolumesFrom", flags["volumes-from"]),
    PublishAllPorts: flags["publish-all"],
    Links: flags.link,
    AutoRemove: flags.rm,
    Privileged: flags.privileged,
    ReadonlyRootfs: flags["read-only"],
    CapAdd: flags["cap-add"],
    CapDrop: flags["cap-drop"],
    Dns: flags.dns,
    DnsSearch: flags["dns-search"],
    DnsOptions: flags["dns-option"],
    ExtraHosts: flags["add-host"],
    ...readIsolation(flags),
    SecurityOpt: readSecurityOptions(flags["security-opt"], cwd),
    Sysctls: keyValues(flags.sysctl),
    Init: flags.init,
    ...optional("ConsoleSize", flags.tty ? sizeOf(stdout) : undefined),
    LogConfig: { Type: flags["log-driver"] ?? "json-file", Config: keyValues(flags["log-opt"]) },
    RestartPolicy: restartPolicy(flags.restart, flags.rm),
  }) satisfies Partial<HostConfig>;

function sizeOf({ columns, rows }: Context["stdout"]): HostConfig["ConsoleSize"] | undefined {
  return columns === undefined || rows === undefined ? undefined : [rows, columns];
}

function resources(flags: ContainerFlags): Partial<HostConfig> {
  return {
    Ulimits: flags.ulimit.map(readUlimit),
    ...optional("ShmSize", flags["shm-size"]),
    ...readLimits(flags),
    ...optional("CgroupParent", flags["cgroup-parent"]),
  };
}

function restartPolicy(text: string, autoRemove: boolean): HostConfig["RestartPolicy"] {
  const policy = readRestartPolicy(text);
  if (autoRemove && policy.Name !== "no")
    throw new Failure("OPTIONS_CONFLICT", { one: "--restart", other: "--rm" });
  return policy;
}

const listed = <K extends string, V>(key: K, values: readonly V[]) =>
  optional(key, values.length === 0 ? undefined : values);

const optional = <K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } =>
  value === undefined ? {} : ({ [key]: value } as { [P in K]?: V });
