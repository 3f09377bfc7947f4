import { setTimeout as sleep } from "node:timers/promises";
import { isCode } from "../../core/errors.ts";
import { shortId } from "../../core/ids.ts";
import type { ContainerService } from "../../engine/api.ts";
import { defineCommand } from "../command.ts";
import { type Usage, usageOf } from "../container/usage.ts";
import { type Context, write } from "../context.ts";
import { humanMemory, humanSize } from "../format/units.ts";
import { FORMAT_FLAG, type Listing, printListing } from "../listing.ts";
import { interruptible } from "../signals.ts";

const PERIOD_MS = 1000;
/** To the upper left corner, and nothing below it. */
const CLEAR = "\x1b[H\x1b[J";

export const stats = defineCommand({
  usage: "[OPTIONS] [CONTAINER...]",
  flags: {
    all: { kind: "bool", short: "a", help: "Show all containers (default shows just running)" },
    format: FORMAT_FLAG,
    "no-stream": { kind: "bool", help: "Disable streaming stats and only pull the first result" },
    "no-trunc": { kind: "bool", help: "Do not truncate output" },
  },
  args: { min: 0 },
  completes: "container",
  async run(context, names, flags) {
    const { containers } = await context.engine();
    const listing = usageListing(!flags["no-trunc"]);
    const show = async (usages: readonly Usage[]) =>
      printListing(context, listing, usages, { format: flags.format, quiet: false });
    const chosen = () => chooseContainers(containers, names, flags.all);
    if (flags["no-stream"]) {
      const usages = await Promise.all((await chosen()).map((name) => usageNow(containers, name)));
      await show(usages.flatMap((usage) => usage ?? []));
      return 0;
    }
    using interrupted = interruptible(context);
    await follow(context, { containers, chosen, show, signal: interrupted.signal });
    return 0;
  },
});

async function chooseContainers(
  containers: ContainerService,
  names: readonly string[],
  all: boolean,
): Promise<readonly string[]> {
  if (names.length === 0) return (await containers.list({ all })).map(({ id }) => id);
  return Promise.all(names.map(async (name) => (await containers.get(name)).id));
}

/** One look that has another to compare with; undefined for a container that is gone meanwhile. */
async function usageNow(containers: ContainerService, name: string): Promise<Usage | undefined> {
  for await (const document of containers.stats(name, { stream: false })) return usageOf(document);
  return undefined;
}

/** Shows all of them every second until interrupted, those that come later too. */
async function follow(
  context: Context,
  {
    containers,
    chosen,
    show,
    signal,
  }: {
    readonly containers: ContainerService;
    readonly chosen: () => Promise<readonly string[]>;
    readonly show: (usages: readonly Usage[]) => Promise<void>;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const latest = new Map<string, Usage>();
  const watch = async (id: string): Promise<void> => {
    for await (const document of containers.stats(id, { stream: true, signal }))
      latest.set(id, usageOf(document));
    latest.delete(id);
  };
  const watched = new Map<string, Promise<void>>();
  while (!signal.aborted) {
    const ids = await chosen().catch((error: unknown) => {
      // The last of those that were named went away.
      if (isCode(error, "CONTAINER_UNKNOWN") && watched.size > 0) return [];
      throw error;
    });
    for (const id of ids) if (!watched.has(id)) watched.set(id, watch(id));
    await write(context.stdout, CLEAR);
    await show(ids.flatMap((id) => latest.get(id) ?? []));
    await sleep(PERIOD_MS, undefined, { signal }).catch(() => undefined);
  }
  await Promise.all(watched.values());
}

const percent = (value: number): string => `${value.toFixed(2)}%`;

function usageListing(truncate: boolean): Listing<Usage> {
  return {
    quiet: "ID",
    table: ["ID", "Name", "CPUPerc", "MemUsage", "MemPerc", "NetIO", "BlockIO", "PIDs"],
    fields: {
      ID: { header: "CONTAINER ID", value: ({ id }) => (truncate ? shortId(id) : id) },
      Container: { header: "CONTAINER", value: ({ id }) => (truncate ? shortId(id) : id) },
      Name: { header: "NAME", value: ({ name }) => name },
      CPUPerc: { header: "CPU %", value: ({ cpuPercent }) => percent(cpuPercent) },
      MemUsage: {
        header: "MEM USAGE / LIMIT",
        value: ({ memory, memoryLimit }) => `${humanMemory(memory)} / ${humanMemory(memoryLimit)}`,
      },
      MemPerc: {
        header: "MEM %",
        value: ({ memory, memoryLimit }) => percent(memoryLimit === 0 ? 0 : (memory / memoryLimit) * 100),
      },
      NetIO: {
        header: "NET I/O",
        value: ({ received, sent }) => `${humanSize(received)} / ${humanSize(sent)}`,
      },
      BlockIO: {
        header: "BLOCK I/O",
        value: ({ read, written }) => `${humanSize(read)} / ${humanSize(written)}`,
      },
      PIDs: { header: "PIDS", value: ({ pids }) => String(pids) },
    },
  };
}
