import * as z from "zod";
import { isRemoteContext } from "../../core/build-context.ts";
import { Failure } from "../../core/errors.ts";
import { parsePlatform } from "../../core/platform.ts";
import type { BuildRequest, BuildResources } from "../../engine/api.ts";
import { withInline } from "../buildkit/caches.ts";
import { isZero } from "../http/fields.ts";
import * as param from "../http/param.ts";

const strings = z.record(z.string(), z.string());

/** Docker Engine API 1.51 "ImageBuild": what is honoured. */
const HONOURED = {
  t: param.list,
  dockerfile: param.optionalText,
  /** A URL or a git repository in place of the body. */
  remote: param.optionalText,
  q: param.flag(),
  nocache: param.flag(),
  pull: param.flag(),
  // Nothing is left of a step's container in any case; docker-py says rm=0 unless it is told otherwise.
  forcerm: param.flag(),
  rm: param.flag(true),
  target: param.optionalText,
  platform: param.optionalText,
  networkmode: param.text,
  extrahosts: param.list,
  buildid: param.optionalText,
  // Null is an argument whose value the client does not have.
  buildargs: param.json(z.record(z.string(), z.string().nullable())),
  labels: param.json(strings),
  memory: param.integer,
  memswap: param.integer,
  cpushares: param.integer,
  cpuperiod: param.integer,
  cpuquota: param.integer,
  cpusetcpus: param.optionalText,
  cpusetmems: param.optionalText,
  shmsize: param.integer,
  ulimits: param.json(
    z.array(z.object({ Name: z.string(), Soft: z.number().int(), Hard: z.number().int() })).nullable(),
  ),
  cgroupparent: param.optionalText,
};

/** Parameters that limit the containers of RUN, each with its field; 0 says nothing. */
const RESOURCES = [
  ["memory", "Memory"],
  ["memswap", "MemorySwap"],
  ["cpushares", "CpuShares"],
  ["cpuperiod", "CpuPeriod"],
  ["cpuquota", "CpuQuota"],
  ["cpusetcpus", "CpusetCpus"],
  ["cpusetmems", "CpusetMems"],
  ["shmsize", "ShmSize"],
  ["ulimits", "Ulimits"],
  ["cgroupparent", "CgroupParent"],
] as const satisfies readonly (readonly [keyof typeof HONOURED, keyof BuildResources])[];

/** What is refused unless it says nothing. */
const REFUSED = ["cachefrom", "securityopt", "squash", "outputs", "version", "isolation"] as const;
/** Values that say nothing besides those that are empty. */
const SILENT: Readonly<Record<string, readonly string[]>> = { version: ["1"], isolation: ["default"] };

const REFUSALS = Object.fromEntries(REFUSED.map((name) => [name, param.text])) as Record<
  (typeof REFUSED)[number],
  typeof param.text
>;

export const BUILD_QUERY = z.object({ ...HONOURED, ...REFUSALS });
export type BuildQuery = z.output<typeof BUILD_QUERY>;

/** What to build, but for the context and the Dockerfile. Throws OPTION_UNSUPPORTED, OPTION_INVALID, PLATFORM_INVALID. */
export function buildOptions(query: BuildQuery): Omit<BuildRequest, "context" | "dockerfile"> {
  const { target, platform, buildargs = {}, labels = {} } = query;
  refuseUnsupported(query);
  if (query.remote !== undefined && !isRemoteContext(query.remote))
    throw new Failure("OPTION_UNSUPPORTED", { option: `remote=${query.remote}` });
  const given = Object.entries(buildargs).flatMap(([name, value]) => (value === null ? [] : [[name, value]]));
  const buildArgs = Object.fromEntries(given);
  return {
    tags: query.t,
    buildArgs,
    labels,
    noCache: query.nocache,
    pull: query.pull,
    network: networkOf(query.networkmode),
    extraHosts: query.extrahosts.map(extraHost),
    resources: resourcesOf(query),
    cacheTo: withInline([], buildArgs),
    ...(target === undefined ? {} : { target }),
    ...(platform === undefined ? {} : { platforms: [parsePlatform(platform)] }),
  };
}

const resourcesOf = (query: BuildQuery): BuildResources =>
  Object.fromEntries(
    RESOURCES.flatMap(([name, field]) => {
      const value = query[name];
      return value === undefined || value === null || value === 0 ? [] : [[field, value]];
    }),
  );

function refuseUnsupported(query: BuildQuery): void {
  if (!isSilent(query.squash))
    throw new Failure("REQUEST_INVALID", { why: "squash is only supported with experimental mode" });
  for (const name of REFUSED) {
    const text = query[name];
    if (!isSilent(text) && SILENT[name]?.includes(text) !== true)
      throw new Failure("OPTION_UNSUPPORTED", { option: `${name}=${text}` });
  }
}

/** As clients write what nobody set: "", 0, false, [], {}. */
function isSilent(text: string): boolean {
  try {
    return text === "" || isZero(JSON.parse(text));
  } catch {
    return false;
  }
}

const NETWORKS: Readonly<Record<string, BuildRequest["network"]>> = {
  "": "default",
  default: "default",
  bridge: "default",
  host: "host",
  none: "none",
};

function networkOf(mode: string): BuildRequest["network"] {
  const network = Object.hasOwn(NETWORKS, mode) ? NETWORKS[mode] : undefined;
  if (network !== undefined) return network;
  throw new Failure("OPTION_UNSUPPORTED", { option: `networkmode=${mode}` });
}

function extraHost(text: string): string {
  const [, name, ip] = /^([^:=]+)[:=](.+)$/.exec(text) ?? [];
  if (name !== undefined && ip !== undefined) return `${name}:${ip}`;
  throw new Failure("OPTION_INVALID", { option: "extrahosts", got: text, want: "host:ip" });
}
