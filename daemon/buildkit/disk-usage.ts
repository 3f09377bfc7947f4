import { Failure } from "../../core/errors.ts";
import type { BuildService } from "../../engine/api.ts";
import type { UsageRecord } from "../../wire/buildkit/control.ts";
import { timestamp } from "./timestamp.ts";

/** Control.DiskUsage. Rejects with OPTION_UNSUPPORTED. */
export async function usageRecords(
  builds: Pick<BuildService, "usage">,
  filters: readonly string[],
): Promise<readonly UsageRecord[]> {
  // Clients without filters send an empty one.
  const filter = filters.find((text) => text !== "");
  if (filter !== undefined) throw new Failure("OPTION_UNSUPPORTED", { option: `filter ${filter}` });
  const entries = await builds.usage();
  return entries.map(({ id, kind, description, bytes, createdAt, usedAt, inUse, shared }) => ({
    id,
    mutable: kind === "mount",
    inUse,
    size: bytes,
    createdAt: timestamp(createdAt.getTime()),
    lastUsedAt: timestamp(usedAt.getTime()),
    description,
    recordType: kind === "mount" ? "exec.cachemount" : "regular",
    shared,
  }));
}
