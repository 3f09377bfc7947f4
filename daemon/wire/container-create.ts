import * as z from "zod";
import type { Document } from "../../core/document.ts";
import { Failure } from "../../core/errors.ts";
import { parsePlatform } from "../../core/platform.ts";
import type { ContainerCreate, HostConfig, ProcessConfig } from "../../engine/api.ts";
import { documentOf, type FieldTable, isZero, readFields, refuseOthers } from "../http/fields.ts";
import { ENDPOINT_FIELDS, readEndpointSettings } from "./endpoint-settings.ts";
import { MOUNTS } from "./mounts.ts";

const integer = z.number().int();
/** Of a terminal: the kernel has 16 bits for it. */
const side = integer.min(0).max(65_535);
const strings = z.array(z.string());
const map = z.record(z.string(), z.string());
/** Sets are objects whose values are empty objects. */
const set = z
  .record(z.string(), z.unknown())
  .transform((value) =>
    Object.fromEntries(Object.keys(value).map((key): [string, Record<string, never>] => [key, {}])),
  );
/** A command may be one string. */
const words = z.union([strings, z.string().transform((word) => [word])]);
/** What a client does not say, or says is null. */
const duration = integer.nullish();
/** The lists and maps inside a document that Go writes as null. */
const nullable = <T>(schema: z.ZodType<T>, empty: T) => schema.nullish().transform((value) => value ?? empty);

/** Docker Engine API 1.51 "ContainerConfig". */
const CONFIG: FieldTable<ProcessConfig> = {
  Hostname: z.string(),
  Domainname: z.string(),
  User: z.string(),
  AttachStdin: z.boolean(),
  AttachStdout: z.boolean(),
  AttachStderr: z.boolean(),
  ExposedPorts: set,
  Tty: z.boolean(),
  OpenStdin: z.boolean(),
  StdinOnce: z.boolean(),
  Env: strings,
  Cmd: words,
  Entrypoint: words,
  Healthcheck: z
    .object({
      Test: nullable(strings, []),
      Interval: duration,
      Timeout: duration,
      StartPeriod: duration,
      StartInterval: duration,
      Retries: duration,
    })
    .transform((value) => withoutNull(value)),
  ArgsEscaped: z.boolean(),
  Image: z.string(),
  Volumes: set,
  WorkingDir: z.string(),
  Labels: map,
  OnBuild: strings,
  StopSignal: z.string(),
  StopTimeout: integer,
  Shell: strings,
};

/** Docker Engine API 1.51 "HostConfig", as far as the engine honours it. */
export const HOST_CONFIG: FieldTable<HostConfig> = {
  Binds: strings,
  Mounts: MOUNTS,
  VolumesFrom: strings,
  NetworkMode: z.string(),
  Links: strings,
  PortBindings: z.record(
    z.string(),
    nullable(z.array(z.object({ HostIp: nullable(z.string(), ""), HostPort: nullable(z.string(), "") })), []),
  ),
  PublishAllPorts: z.boolean(),
  AutoRemove: z.boolean(),
  Privileged: z.boolean(),
  ReadonlyRootfs: z.boolean(),
  CapAdd: strings,
  CapDrop: strings,
  Dns: strings,
  DnsSearch: strings,
  DnsOptions: strings,
  ExtraHosts: strings,
  Tmpfs: map,
  SecurityOpt: strings,
  Sysctls: map,
  Ulimits: z.array(z.object({ Name: z.string(), Soft: integer, Hard: integer })),
  ShmSize: integer,
  Memory: integer,
  MemorySwap: integer,
  NanoCpus: integer,
  CpuShares: integer,
  CpuPeriod: integer,
  CpuQuota: integer,
  CpusetCpus: z.string(),
  PidsLimit: integer,
  CpusetMems: z.string(),
  MemoryReservation: integer,
  MemorySwappiness: integer,
  OomKillDisable: z.boolean(),
  OomScoreAdj: integer,
  BlkioWeight: integer,
  CgroupParent: z.string(),
  Devices: z.array(
    z.object({
      PathOnHost: z.string(),
      PathInContainer: nullable(z.string(), ""),
      CgroupPermissions: nullable(z.string(), ""),
    }),
  ),
  DeviceCgroupRules: strings,
  GroupAdd: strings,
  PidMode: z.string(),
  IpcMode: z.string(),
  UTSMode: z.string(),
  UsernsMode: z.string(),
  CgroupnsMode: z.string(),
  Annotations: map,
  Init: z.boolean(),
  ConsoleSize: z.tuple([side, side]),
  LogConfig: z.object({ Type: nullable(z.string(), ""), Config: nullable(map, {}) }),
  RestartPolicy: z.object({
    Name: z.enum(["", "no", "always", "on-failure", "unless-stopped"]),
    MaximumRetryCount: nullable(integer, 0),
  }),
};

/** Fields whose absence means a default of the engine's and which clients send as zero all the same. */
const ZERO_IS_ABSENT: ReadonlySet<string> = new Set(["ShmSize", "LogConfig", "RestartPolicy", "NetworkMode"]);

/** Values of other fields that ask for what is done anyway, or for nothing that an engine could do. */
const HARMLESS: Readonly<Record<string, (value: unknown) => boolean>> = {
  // The client writes the file.
  ContainerIDFile: () => true,
  Isolation: (value) => value === "default",
  Runtime: (value) => value === "slipway",
  VolumeDriver: (value) => value === "local",
  // What "systempaths=unconfined" is on the wire; see securityOptions().
  MaskedPaths: (value) => Array.isArray(value) && value.length === 0,
  ReadonlyPaths: (value) => Array.isArray(value) && value.length === 0,
};

const isHarmless = (name: string, value: unknown): boolean => HARMLESS[name]?.(value) === true;

export const CREATE_BODY = z.looseObject({
  HostConfig: nullable(z.looseObject({}), {}),
  NetworkingConfig: nullable(
    z.looseObject({ EndpointsConfig: nullable(z.record(z.string(), nullable(z.looseObject({}), {})), {}) }),
    { EndpointsConfig: {} },
  ),
});

/** What those documents may say. */
export const CONFIG_FIELDS = documentOf(CONFIG);
export const CREATE_FIELDS = z.object({
  ...CONFIG_FIELDS.shape,
  HostConfig: documentOf(HOST_CONFIG),
  NetworkingConfig: z.object({ EndpointsConfig: z.record(z.string(), ENDPOINT_FIELDS) }),
});

/** A configuration alone. */
export const COMMIT_BODY = z
  .looseObject({})
  .nullish()
  .transform((body) => body ?? {});

/** The fields of a "ContainerConfig" that say something. Throws REQUEST_INVALID, OPTION_UNSUPPORTED. */
export function readProcessConfig(document: Document): Partial<ProcessConfig> {
  refuseOthers("", document, { ...CONFIG, NetworkDisabled: true }, isHarmless);
  const given = Object.entries(document).filter(([, value]) => !isZero(value));
  return readFields(CONFIG, Object.fromEntries(given));
}

/** The engine's request for a body of POST /containers/create. Throws REQUEST_INVALID, OPTION_UNSUPPORTED naming the field. */
export function readContainerCreate(
  body: z.output<typeof CREATE_BODY>,
  { name, platform }: { readonly name: string | undefined; readonly platform: string | undefined },
): ContainerCreate {
  const { HostConfig: host, NetworkingConfig: networking, ...document } = body;
  const config = readFields(CONFIG, document);
  const { networks, mode } = readNetworking(networking.EndpointsConfig, host["NetworkMode"]);
  // The name counts in the query; some clients send it here as well.
  refuseOthers("", document, { ...CONFIG, NetworkDisabled: true, name: true }, isHarmless);
  if (config.Image === undefined || config.Image === "")
    throw new Failure("CONTAINER_CONFIG_INVALID", { why: "no image specified" });
  return {
    ...(name === undefined ? {} : { name }),
    ...(platform === undefined ? {} : { platform: parsePlatform(platform) }),
    config: { ...config, Image: config.Image },
    hostConfig: {
      ...readHostConfig(host),
      ...(document["NetworkDisabled"] === true ? { NetworkMode: "none" } : {}),
      ...mode,
    },
    networks,
  };
}

export function readHostConfig(document: Document): Partial<HostConfig> {
  refuseOthers("HostConfig.", document, HOST_CONFIG, isHarmless);
  const given = Object.entries(document).filter(
    ([name, value]) => !(ZERO_IS_ABSENT.has(name) && isZero(value)),
  );
  const config = readFields(HOST_CONFIG, Object.fromEntries(given), "HostConfig.");
  const { MaskedPaths, ReadonlyPaths } = document;
  const unconfined = Array.isArray(MaskedPaths) && Array.isArray(ReadonlyPaths);
  return unconfined
    ? { ...config, SecurityOpt: [...(config.SecurityOpt ?? []), "systempaths=unconfined"] }
    : config;
}

/** The networks that are named, and which is the first: that of the mode, or else the only one. */
function readNetworking(
  endpoints: Readonly<Record<string, Document>>,
  mode: unknown,
): { readonly networks: NonNullable<ContainerCreate["networks"]>; readonly mode: Partial<HostConfig> } {
  const networks = Object.fromEntries(
    Object.entries(endpoints).map(([name, settings]) => [
      name,
      readEndpointSettings(settings, `NetworkingConfig.EndpointsConfig.${name}.`),
    ]),
  );
  const [only, ...more] = Object.keys(networks);
  const unsaid = isZero(mode) || mode === "default";
  const named = unsaid && only !== undefined && more.length === 0;
  return { networks, mode: named ? { NetworkMode: only } : {} };
}

const withoutNull = <T extends object>(value: T): { [K in keyof T]: NonNullable<T[K]> } =>
  Object.fromEntries(Object.entries(value).filter(([, field]) => field != null)) as {
    [K in keyof T]: NonNullable<T[K]>;
  };
