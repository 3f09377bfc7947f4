import { attestationAttributes, isAttested } from "../../core/build-attestations.ts";
import { isDigest } from "../../core/digest.ts";
import type { BuildRequest, BuildResources } from "../../engine/api.ts";
import { OWN_ATTRS } from "../../wire/slipway/build-attrs.ts";
import { lacks } from "../lacks.ts";

type Text = (resources: BuildResources) => string | undefined;

const number =
  (name: keyof BuildResources): Text =>
  ({ [name]: value }) =>
    value === undefined ? undefined : String(value);
const list =
  (name: "Dns" | "DnsSearch" | "DnsOptions"): Text =>
  ({ [name]: values = [] }) =>
    values.length === 0 ? undefined : values.join(",");

/** Attributes that BuildKit's own frontend has. */
const COMMON: Readonly<Record<string, Text>> = {
  "cgroup-parent": number("CgroupParent"),
  "shm-size": number("ShmSize"),
  ulimit: ({ Ulimits = [] }) =>
    Ulimits.length === 0
      ? undefined
      : Ulimits.map(({ Name, Soft, Hard }) => `${Name}=${Soft}:${Hard}`).join(","),
};
/** Those that only ours has; others would pass them over. */
const OWN: Readonly<Record<string, Text>> = {
  memory: number("Memory"),
  memswap: number("MemorySwap"),
  cpushares: number("CpuShares"),
  cpuperiod: number("CpuPeriod"),
  cpuquota: number("CpuQuota"),
  cpusetcpus: number("CpusetCpus"),
  cpusetmems: number("CpusetMems"),
  [OWN_ATTRS.dns]: list("Dns"),
  [OWN_ATTRS.dnsSearch]: list("DnsSearch"),
  [OWN_ATTRS.dnsOptions]: list("DnsOptions"),
};

const given = (texts: Readonly<Record<string, Text>>, resources: BuildResources = {}) =>
  Object.entries(texts).flatMap(([attr, text]) => {
    const value = text(resources);
    return value === undefined ? [] : [[attr, value] as const];
  });

/** Which images it made must be known to whoever writes them. */
function isForFiles({ platforms = [], pushOnly = false }: BuildRequest): boolean {
  return platforms.length > 1 && !pushOnly;
}

/** BuildKit takes an id for the name of a repository. */
const buildsOnId = ({ contexts = {} }: BuildRequest): boolean =>
  Object.values(contexts).some((context) => context.kind === "image" && isDigest(context.reference));

/** What a build may ask for and only Slipway's daemon can do. */
const ASKED: readonly (readonly [asked: (request: BuildRequest) => boolean, what: string])[] = [
  [({ explain }) => explain === true, "telling why a step was not cached (--explain)"],
  [({ jobs }) => jobs !== undefined, "choosing how many steps run at a time (--jobs)"],
  [({ attestations }) => isAttested(attestations), "keeping attestations with images (--provenance, --sbom)"],
  [({ annotations = [] }) => annotations.length > 0, "annotating images (--annotation)"],
  [
    ({ cacheTo = [] }) => cacheTo.some(({ mounts }) => mounts),
    "keeping cache mounts in a cache (--cache-to mounts=true)",
  ],
  [buildsOnId, "building on an image by its id (a target of bake as a context)"],
  [isForFiles, "building for several platforms without pushing"],
  [({ resources }) => given(OWN, resources).length > 0, "limiting what commands of a build use"],
];

/** Throws DAEMON_LACKS for what Docker's daemon would pass over. */
export function refuseOwn(request: BuildRequest): void {
  for (const [asked, what] of ASKED) if (asked(request)) throw lacks(what);
}

/** What a build asks for besides what every one may. */
export function ownAttrs(request: BuildRequest): readonly (readonly [string, string])[] {
  const { resources, jobs, explain, attestations = {} } = request;
  return [
    ...attestationAttributes(attestations),
    ...given({ ...COMMON, ...OWN }, resources),
    ...(jobs === undefined ? [] : [[OWN_ATTRS.jobs, String(jobs)] as const]),
    ...(isForFiles(request) ? [[OWN_ATTRS.members, "true"] as const] : []),
    ...(explain === true ? [[OWN_ATTRS.explain, "true"] as const] : []),
  ];
}
