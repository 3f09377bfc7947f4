import { isCode } from "../../core/errors.ts";
import type { BuildHistory } from "../../engine/build-history-api.ts";
import type { StatusResponse } from "../../wire/buildkit/control.ts";
import type { BuildJobs } from "./jobs.ts";
import { StatusWriter } from "./status-writer.ts";

interface Parts {
  readonly jobs: BuildJobs;
  readonly engine: { readonly buildHistory: BuildHistory };
}

/** Control.Status: the progress of a build of this client, told once as it comes; else of one of the history, from its start. Rejects with BUILD_UNKNOWN. */
export async function* progressOf(
  { jobs, engine }: Parts,
  ref: string,
  signal: AbortSignal,
): AsyncGenerator<StatusResponse> {
  const replayed = !jobs.isUnread(ref) && (await isRecorded(engine.buildHistory, ref));
  if (replayed) yield* replay(engine.buildHistory, ref, signal);
  else yield* await jobs.read(ref, signal);
}

/** A prefix, or nothing at all, is no build for these clients. */
async function isRecorded(history: BuildHistory, ref: string): Promise<boolean> {
  try {
    return (await history.get(ref)).ref === ref;
  } catch (error) {
    if (isCode(error, "BUILD_RECORD_UNKNOWN") || isCode(error, "BUILD_RECORD_AMBIGUOUS")) return false;
    throw error;
  }
}

async function* replay(
  history: BuildHistory,
  ref: string,
  signal: AbortSignal,
): AsyncGenerator<StatusResponse> {
  let told: StatusResponse[] = [];
  const writer = new StatusWriter({ ref, write: (status) => told.push(status), source: () => undefined });
  for await (const event of history.events(ref, { signal })) {
    writer.event(event);
    yield* told;
    told = [];
  }
  writer.close();
  yield* told;
}
