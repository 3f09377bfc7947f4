import type { Builder } from "../../../builder/build.ts";
import type { BuildEvent } from "../../../builder/events.ts";
import type { FailedState } from "../../../builder/steps/failed-state.ts";
import type { BuildRequest, BuildResult } from "../../../builder/types.ts";
import { Failure, isCode } from "../../../core/errors.ts";
import { newId } from "../../../core/ids.ts";
import type { Snapshotter } from "../../../store/snapshotter.ts";
import type { ImageStore } from "../../../store/types.ts";
import type { BuildOptions } from "../../api.ts";
import type { FailureTable } from "../debug/failure-table.ts";
import { askedOf } from "./asked.ts";
import type { BuildTable } from "./build-table.ts";
import { BuildRecorder } from "./recorder.ts";

/** As long as those of BuildKit's clients. */
const REF_LENGTH = 25;

interface Parts {
  readonly table: BuildTable;
  readonly builder: Builder;
  readonly failures: FailureTable;
  readonly images: ImageStore;
  readonly snapshots: Pick<Snapshotter, "remove">;
}
interface Call {
  readonly request: BuildRequest;
  readonly report: (event: BuildEvent) => void;
  readonly options: BuildOptions | undefined;
}

/** Builds, and writes down in the history how that went. */
export async function recorded(
  { table, builder, failures, images, snapshots }: Parts,
  { request, report, options = {} }: Call,
): Promise<BuildResult> {
  const ref = options.ref ?? newId().slice(0, REF_LENGTH);
  const recorder = new BuildRecorder(table, { ref, asked: askedOf(request) }, Date.now);
  const { secrets } = request;
  const keepFailed = (state: FailedState): boolean => failures.put(ref, state);
  const watched = {
    ...request,
    keepFailed,
    ...(secrets === undefined ? {} : { secrets: recorder.watch(secrets) }),
  };
  const both = (event: BuildEvent): void => {
    recorder.report(event);
    report(event);
  };
  try {
    const result = await builder.build(watched, both, options);
    // An image that is pushed without being here has no manifest yet.
    recorder.completed(images.find(result.image)?.manifest.digest);
    return result;
  } catch (error) {
    recorder.failed(error);
    throw failures.find(ref) === undefined ? error : withWayIn(error, ref);
  } finally {
    for (const snapshot of failures.takeOld()) await snapshots.remove(snapshot);
  }
}

/** A command that failed can be entered as it left things, which is better than what was before it. */
function withWayIn(error: unknown, ref: string): unknown {
  if (!isCode(error, "BUILD_STEP_FAILED")) return error;
  const { detail, hint, cause } = error;
  const enter = `enter what it left: slipway builds debug ${ref}`;
  return new Failure("BUILD_STEP_FAILED", detail, {
    cause,
    hint: hint === undefined ? enter : `${enter}\n      ${hint}`,
  });
}
