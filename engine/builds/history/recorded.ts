import type { Builder } from "../../../builder/build.ts";
import type { BuildEvent } from "../../../builder/events.ts";
import type { BuildRequest, BuildResult } from "../../../builder/types.ts";
import { newId } from "../../../core/ids.ts";
import type { ImageStore } from "../../../store/types.ts";
import type { BuildOptions } from "../../api.ts";
import { askedOf } from "./asked.ts";
import type { BuildTable } from "./build-table.ts";
import { BuildRecorder } from "./recorder.ts";

/** As long as those of BuildKit's clients. */
const REF_LENGTH = 25;

interface Parts {
  readonly table: BuildTable;
  readonly builder: Builder;
  readonly images: ImageStore;
}
interface Call {
  readonly request: BuildRequest;
  readonly report: (event: BuildEvent) => void;
  readonly options: BuildOptions | undefined;
}

/** Builds, and writes down in the history how that went. */
export async function recorded(
  { table, builder, images }: Parts,
  { request, report, options = {} }: Call,
): Promise<BuildResult> {
  const ref = options.ref ?? newId().slice(0, REF_LENGTH);
  const recorder = new BuildRecorder(table, { ref, asked: askedOf(request) }, Date.now);
  const { secrets } = request;
  const watched = secrets === undefined ? request : { ...request, secrets: recorder.watch(secrets) };
  const both = (event: BuildEvent): void => {
    recorder.report(event);
    report(event);
  };
  try {
    const result = await builder.build(watched, both, options);
    recorder.completed({ manifest: images.get(result.image).manifest.digest });
    return result;
  } catch (error) {
    recorder.failed(error);
    throw error;
  }
}
