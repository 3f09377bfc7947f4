import { Failure } from "../../core/errors.ts";
import { readIfThere } from "../../core/if-there.ts";
import type { HostConfig } from "../container-config.ts";

/** What a control group can be bound to: which field says it, Docker's words for it, and where Linux lists what there is. */
const KINDS = [
  { field: "CpusetCpus", name: "cpus", words: "CPUs", online: "/sys/devices/system/cpu/online" },
  { field: "CpusetMems", name: "mems", words: "memory nodes", online: "/sys/devices/system/node/online" },
] as const;

/** cpuset(7), "List format". */
const LIST = /^\d+(-\d+)?(,\d+(-\d+)?)*$/;

const rangesOf = (list: string): readonly { readonly from: number; readonly to: number }[] =>
  list.split(",").map((range) => {
    const [from = "", to = from] = range.split("-");
    return { from: Number(from), to: Number(to) };
  });

/** Throws CONTAINER_CONFIG_INVALID, in Docker's words, for lists that are none and for what this machine does not have. */
export function checkCpusets(hostConfig: Pick<HostConfig, "CpusetCpus" | "CpusetMems">): void {
  for (const { field, name, words, online } of KINDS) {
    const list = hostConfig[field];
    if (list === "") continue;
    const refuse = (why: string): Failure => new Failure("CONTAINER_CONFIG_INVALID", { why });
    if (!LIST.test(list)) throw refuse(`Invalid value ${list} for cpuset ${name}: invalid format: ${list}`);
    const available = readIfThere(online)?.trim() ?? list;
    const there = rangesOf(available);
    const missing = rangesOf(list).some(
      ({ from, to }) => from > to || !there.some((range) => range.from <= from && to <= range.to),
    );
    if (missing)
      throw refuse(`Requested ${words} are not available - requested ${list}, available: ${available}`);
  }
}
