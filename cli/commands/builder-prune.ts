import { CACHE_FILTER_HELP, readCacheFilters } from "../builder/cache-filters.ts";
import { defineCommand } from "../command.ts";
import { confirm } from "../confirm.ts";
import { print } from "../context.ts";
import { humanSize } from "../format/units.ts";

export const builderPrune = defineCommand({
  usage: "[OPTIONS]",
  flags: {
    all: { kind: "bool", short: "a", help: "Remove all unused build cache, not just dangling ones" },
    filter: { kind: "list", help: CACHE_FILTER_HELP },
    force: { kind: "bool", short: "f", help: "Do not prompt for confirmation" },
    "keep-storage": { kind: "bytes", help: "Amount of disk space to keep for cache" },
    "reserved-space": { kind: "bytes", help: "Amount of disk space always allowed to keep for cache" },
    "max-used-space": { kind: "bytes", help: "Maximum amount of disk space allowed to keep for cache" },
    "min-free-space": { kind: "bytes", help: "Target amount of free disk space after pruning" },
  },
  unsupported: ["builder", "timeout", "verbose"],
  args: { min: 0, max: 0 },
  async run(context, _args, { all, force, filter, ...flags }) {
    const filters = readCacheFilters(filter);
    const which = all ? "all build cache" : "all dangling build cache";
    if (!force && !(await confirm(context, `This will remove ${which}.`))) return 1;
    const { builds } = await context.engine();
    const { removed, bytes } = await builds.prune({
      all,
      ...(filter.length === 0 ? {} : { filters }),
      ...bounds(flags),
    });
    if (removed.length > 0)
      await print(context, `Deleted build cache objects:\n${removed.map(({ id }) => id).join("\n")}\n`);
    await print(context, `Total reclaimed space: ${humanSize(bytes)}`);
    return 0;
  },
});

interface Bounds {
  readonly "keep-storage": number | undefined;
  readonly "reserved-space": number | undefined;
  readonly "max-used-space": number | undefined;
  readonly "min-free-space": number | undefined;
}

/** Zero bounds nothing, as docker has it. */
const bounds = (flags: Bounds) => ({
  ...positive("reservedSpace", flags["reserved-space"] ?? flags["keep-storage"]),
  ...positive("maxUsedSpace", flags["max-used-space"]),
  ...positive("minFreeSpace", flags["min-free-space"]),
});

const positive = <K extends string>(key: K, value = 0) =>
  (value > 0 ? { [key]: value } : {}) as { readonly [key in K]?: number };
