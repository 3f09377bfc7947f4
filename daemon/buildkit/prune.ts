import { Failure } from "../../core/errors.ts";
import type { BuildService } from "../../engine/api.ts";
import type { PruneRequest, UsageRecord } from "../../wire/buildkit/control.ts";

/** What the cache cannot be held to. */
const BOUNDS = {
  keepDuration: "a prune by age",
  maxUsedSpace: "a prune with a maximum of used space",
  reservedSpace: "a prune with reserved space",
  minFreeSpace: "a prune with a minimum of free space",
} as const satisfies Partial<Record<keyof PruneRequest, string>>;

/**
 * Control.Prune. The cache tells how much it removed, not what: one record stands for all, and none comes when nothing was removed.
 * Rejects with OPTION_UNSUPPORTED.
 */
export async function* prune(
  builds: Pick<BuildService, "prune">,
  request: PruneRequest,
): AsyncGenerator<UsageRecord> {
  // Clients without filters send an empty one.
  const filter = request.filter.find((text) => text !== "");
  if (filter !== undefined) throw new Failure("OPTION_UNSUPPORTED", { option: `filter ${filter}` });
  for (const [name, option] of Object.entries(BOUNDS))
    if (request[name as keyof typeof BOUNDS] !== 0) throw new Failure("OPTION_UNSUPPORTED", { option });
  const { records, bytes } = await builds.prune({ all: request.all });
  if (records > 0 || bytes > 0)
    yield { id: "build-cache", size: bytes, description: `${records} records of the build cache` };
}
