import type { Document } from "../../core/document.ts";
import type { ContainerRecord } from "../../runtime/container-config.ts";
import type { ContainerSample, InterfaceCounters } from "../../runtime/containers/stats.ts";
import { NEVER } from "./never.ts";

const NO_CPU: Document = {
  cpu_usage: { total_usage: 0, usage_in_kernelmode: 0, usage_in_usermode: 0 },
  throttling_data: { periods: 0, throttled_periods: 0, throttled_time: 0 },
};

const cpuDocument = ({ cpu, throttling, systemCpuNs, processors }: ContainerSample): Document => ({
  cpu_usage: {
    total_usage: cpu.total,
    usage_in_kernelmode: cpu.kernel,
    usage_in_usermode: cpu.user,
  },
  system_cpu_usage: systemCpuNs,
  online_cpus: processors,
  throttling_data: {
    periods: throttling.periods,
    throttled_periods: throttling.throttled,
    throttled_time: throttling.timeNs,
  },
});

const networkDocument = ({ received, sent }: InterfaceCounters): Document => ({
  rx_bytes: received.bytes,
  rx_packets: received.packets,
  rx_errors: received.errors,
  rx_dropped: received.dropped,
  tx_bytes: sent.bytes,
  tx_packets: sent.packets,
  tx_errors: sent.errors,
  tx_dropped: sent.dropped,
});

const blockDocument = (bytes: readonly Document[] | null): Document => ({
  io_service_bytes_recursive: bytes,
  io_serviced_recursive: null,
  io_queue_recursive: null,
  io_service_time_recursive: null,
  io_wait_time_recursive: null,
  io_merged_recursive: null,
  io_time_recursive: null,
  sectors_recursive: null,
});

const ioDocuments = ({ io }: ContainerSample): readonly Document[] =>
  io.flatMap(({ major, minor, read, write }) => [
    { major, minor, op: "read", value: read },
    { major, minor, op: "write", value: write },
  ]);

/** Docker Engine API 1.51 "ContainerStatsResponse"; without a sample that of a container that does not run. */
export function statsDocument(
  { id, name }: ContainerRecord,
  now: ContainerSample | undefined,
  before: ContainerSample | undefined,
): Document {
  const head = { name: `/${name}`, id, num_procs: 0, storage_stats: {} };
  const precpu_stats = before === undefined ? NO_CPU : cpuDocument(before);
  if (now === undefined)
    return {
      ...head,
      read: NEVER,
      preread: NEVER,
      pids_stats: {},
      blkio_stats: blockDocument(null),
      cpu_stats: NO_CPU,
      precpu_stats,
      memory_stats: {},
    };
  const { pids, memory, interfaces } = now;
  return {
    ...head,
    read: now.at.toISOString(),
    preread: before?.at.toISOString() ?? NEVER,
    pids_stats: { current: pids.current, ...(pids.limit === undefined ? {} : { limit: pids.limit }) },
    blkio_stats: blockDocument(ioDocuments(now)),
    cpu_stats: cpuDocument(now),
    precpu_stats,
    memory_stats: { usage: memory.usage, stats: memory.detail, limit: memory.limit },
    ...(interfaces.length === 0
      ? {}
      : { networks: Object.fromEntries(interfaces.map((each) => [each.name, networkDocument(each)])) }),
  };
}
