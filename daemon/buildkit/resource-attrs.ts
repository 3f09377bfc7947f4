import { csvFields } from "../../core/csv.ts";
import { Failure } from "../../core/errors.ts";
import type { BuildResources } from "../../engine/api.ts";
import { OWN_ATTRS } from "../../wire/slipway/build-attrs.ts";

type Read = (text: string, attr: string) => unknown;

const number: Read = (text, attr) => {
  const value = Number(text);
  if (text !== "" && Number.isSafeInteger(value)) return value;
  throw new Failure("OPTION_INVALID", { option: attr, got: text, want: "a whole number" });
};
const text: Read = (value) => value;
const ulimits: Read = (value, attr) =>
  csvFields(value).map((entry) => {
    const [, name, soft, hard = soft] = /^([a-z]+)=(-?\d+)(?::(-?\d+))?$/.exec(entry) ?? [];
    if (name !== undefined) return { Name: name, Soft: Number(soft), Hard: Number(hard) };
    throw new Failure("OPTION_INVALID", { option: attr, got: entry, want: "type=soft[:hard]" });
  });

/** Attributes of the Dockerfile frontend about the containers of RUN, each with its field. */
const ATTRS: Readonly<Record<string, readonly [field: keyof BuildResources, read: Read]>> = {
  "cgroup-parent": ["CgroupParent", text],
  "shm-size": ["ShmSize", number],
  ulimit: ["Ulimits", ulimits],
  memory: ["Memory", number],
  memswap: ["MemorySwap", number],
  cpushares: ["CpuShares", number],
  cpuperiod: ["CpuPeriod", number],
  cpuquota: ["CpuQuota", number],
  cpusetcpus: ["CpusetCpus", text],
  cpusetmems: ["CpusetMems", text],
  [OWN_ATTRS.dns]: ["Dns", csvFields],
  [OWN_ATTRS.dnsSearch]: ["DnsSearch", csvFields],
  [OWN_ATTRS.dnsOptions]: ["DnsOptions", csvFields],
};
export const RESOURCE_ATTRS = Object.keys(ATTRS);

/** Only what was given. Throws OPTION_INVALID. */
export function resourcesOf(attrs: ReadonlyMap<string, string>): BuildResources {
  return Object.fromEntries(
    Object.entries(ATTRS).flatMap(([attr, [field, read]]) => {
      const value = attrs.get(attr) ?? "";
      return value === "" ? [] : [[field, read(value, attr)]];
    }),
  );
}
