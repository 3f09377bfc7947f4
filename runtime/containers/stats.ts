import { readFileSync } from "node:fs";
import { totalmem } from "node:os";
import type { ControlGroup } from "../cgroups/control-groups.ts";
import type { CgroupUsage } from "../cgroups/usage.ts";
import type { HostConfig } from "../container-config.ts";
import type { RunningState } from "./stored-container.ts";

/** Counters of one of a container's network interfaces. */
export interface InterfaceCounters {
  readonly name: string;
  readonly received: Traffic;
  readonly sent: Traffic;
}
export interface Traffic {
  readonly bytes: number;
  readonly packets: number;
  readonly errors: number;
  readonly dropped: number;
}

/** What a running container has used up to a moment, and what the machine has had in the same time. */
export interface ContainerSample extends Omit<CgroupUsage, "memory"> {
  readonly at: Date;
  /** `limit`: the machine's memory where the container has no limit. */
  readonly memory: CgroupUsage["memory"] & { readonly limit: number };
  /** Of all processors together, in nanoseconds. */
  readonly systemCpuNs: number;
  readonly processors: number;
  readonly interfaces: readonly InterfaceCounters[];
}

const TICK_NS = 10_000_000;

/** All time of /proc/stat's first line but what guests had, which is part of user's: proc_stat(5). */
export function parseSystemCpu(stat: string): { readonly ns: number; readonly processors: number } {
  const [, ...fields] = (stat.split("\n", 1)[0] ?? "").split(/\s+/);
  const ticks = fields.slice(0, 8).reduce((sum, field) => sum + Number(field), 0);
  return { ns: ticks * TICK_NS, processors: stat.match(/^cpu\d+ /gm)?.length ?? 1 };
}

/** proc_pid_net(5), dev; without the loopback, which leads nowhere. */
export const parseInterfaces = (dev: string): readonly InterfaceCounters[] =>
  dev.split("\n").flatMap((line) => {
    const [, name, rest = ""] = /^\s*([^\s:]+):\s*(.*)$/.exec(line) ?? [];
    if (name === undefined || name === "lo") return [];
    const values = rest.split(/\s+/).map(Number);
    const traffic = (from: number): Traffic => {
      const [bytes = 0, packets = 0, errors = 0, dropped = 0] = values.slice(from, from + 4);
      return { bytes, packets, errors, dropped };
    };
    return [{ name, received: traffic(0), sent: traffic(8) }];
  });

function interfacesOf(pid: number): readonly InterfaceCounters[] {
  try {
    return parseInterfaces(readFileSync(`/proc/${pid}/net/dev`, "latin1"));
  } catch {
    // It is just ending.
    return [];
  }
}

/** The counters of a container as they are now; undefined while it waits for its next run. */
export function sample(
  { pid, waiting }: Pick<RunningState, "pid" | "waiting">,
  group: Pick<ControlGroup, "usage">,
  { NetworkMode }: Pick<HostConfig, "NetworkMode">,
): ContainerSample | undefined {
  if (waiting !== undefined) return undefined;
  const usage = group.usage();
  const { ns, processors } = parseSystemCpu(readFileSync("/proc/stat", "latin1"));
  return {
    ...usage,
    at: new Date(),
    memory: { ...usage.memory, limit: Math.min(usage.memory.limit ?? Number.POSITIVE_INFINITY, totalmem()) },
    systemCpuNs: ns,
    processors,
    // What the host sends is not the container's.
    interfaces: NetworkMode === "host" ? [] : interfacesOf(pid),
  };
}
