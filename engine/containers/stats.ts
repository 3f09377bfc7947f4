import { setTimeout as sleep } from "node:timers/promises";
import { isCode } from "../../core/errors.ts";
import type { Abortable } from "../../core/streams.ts";
import type { ContainerManager } from "../../runtime/containers/container-manager.ts";
import type { ContainerSample } from "../../runtime/containers/stats.ts";
import type { StatsOptions } from "../api.ts";
import { statsDocument } from "../documents/stats.ts";

const PERIOD_MS = 1000;

/**
 * Docker's statistics of a container, one document a second until it is removed or the signal aborts; with `stream` false one, and that with
 * `oneShot` at once and without anything to compare it with.
 */
export async function* containerStats(
  manager: Pick<ContainerManager, "get" | "sample">,
  container: string,
  { stream, oneShot = false, signal }: StatsOptions & Abortable,
): AsyncGenerator<Readonly<Record<string, unknown>>> {
  const { id } = await manager.get(container);
  let before: ContainerSample | undefined = oneShot || stream ? undefined : await manager.sample(id);
  if (before !== undefined) await pause(signal);
  for (;;) {
    const record = await manager.get(id).catch((error: unknown) => {
      if (isCode(error, "CONTAINER_UNKNOWN")) return undefined;
      throw error;
    });
    if (record === undefined) return;
    const now = await manager.sample(id);
    yield statsDocument(record, now, before);
    if (!stream) return;
    before = now;
    await pause(signal);
    if (isAborted(signal)) return;
  }
}

const isAborted = (signal: AbortSignal | undefined): boolean => signal?.aborted === true;

const pause = (signal: AbortSignal | undefined): Promise<void> =>
  sleep(PERIOD_MS, undefined, signal === undefined ? {} : { signal }).catch((error: unknown) => {
    if (signal?.aborted !== true) throw error;
  });
