import type { Document } from "../../core/document.ts";
/** What `docker stats` shows of a statistics document. Bytes; CPU in percent of one processor. */
export interface Usage {
  readonly id: string;
  readonly name: string;
  readonly cpuPercent: number;
  readonly memory: number;
  readonly memoryLimit: number;
  readonly received: number;
  readonly sent: number;
  readonly read: number;
  readonly written: number;
  readonly pids: number;
}

const child = (value: unknown, ...path: readonly string[]): unknown =>
  path.reduce<unknown>(
    (at, key) => (typeof at === "object" && at !== null ? (at as Document)[key] : undefined),
    value,
  );
const number = (value: unknown, ...path: readonly string[]): number => {
  const found = child(value, ...path);
  return typeof found === "number" ? found : 0;
};
const documents = (value: unknown): readonly Document[] =>
  Object.values((typeof value === "object" && value !== null ? value : {}) as Record<string, Document>);
const sum = (list: readonly Document[], key: string): number =>
  list.reduce((total, each) => total + number(each, key), 0);

function cpuPercent(stats: Document): number {
  const delta = (...path: readonly string[]) =>
    number(stats, "cpu_stats", ...path) - number(stats, "precpu_stats", ...path);
  const used = delta("cpu_usage", "total_usage");
  const system = delta("system_cpu_usage");
  if (used <= 0 || system <= 0) return 0;
  return (used / system) * number(stats, "cpu_stats", "online_cpus") * 100;
}

/** Page cache that could be dropped at once is not in use: one name of it on cgroup v1, another on v2. */
function memoryInUse(stats: Document): number {
  const usage = number(stats, "memory_stats", "usage");
  const droppable =
    number(stats, "memory_stats", "stats", "total_inactive_file") ||
    number(stats, "memory_stats", "stats", "inactive_file");
  return droppable < usage ? usage - droppable : usage;
}

/** https://docs.docker.com/reference/cli/docker/container/stats/ */
export function usageOf(stats: Document): Usage {
  const networks = documents(stats["networks"]);
  const io = documents(child(stats, "blkio_stats", "io_service_bytes_recursive"));
  const moved = (op: string) =>
    sum(
      io.filter((each) => String(each["op"]).toLowerCase() === op),
      "value",
    );
  return {
    id: String(stats["id"]),
    name: String(stats["name"]).replace(/^\//, ""),
    cpuPercent: cpuPercent(stats),
    memory: memoryInUse(stats),
    memoryLimit: number(stats, "memory_stats", "limit"),
    received: sum(networks, "rx_bytes"),
    sent: sum(networks, "tx_bytes"),
    read: moved("read"),
    written: moved("write"),
    pids: number(stats, "pids_stats", "current"),
  };
}
