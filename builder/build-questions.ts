import type { BuildOutline, BuildTargets } from "../core/build-answers.ts";
import type { Abortable } from "../core/streams.ts";
import type { BuildEvent } from "./events.ts";
import type { BuildRequest } from "./types.ts";

/** What is asked about a Dockerfile in place of a build. Nothing is built; each rejects as build() does before its first step. */
export interface BuildQuestions {
  /** Reports what the checks find in all stages of a Dockerfile, as warnings. */
  check(request: BuildRequest, report: (event: BuildEvent) => void, options?: Abortable): Promise<void>;
  /** What a build of the target takes: arguments, secrets, ssh. */
  outline(
    request: BuildRequest,
    report: (event: BuildEvent) => void,
    options?: Abortable,
  ): Promise<BuildOutline>;
  /** The stages that there are, as they are written. */
  targets(
    request: BuildRequest,
    report: (event: BuildEvent) => void,
    options?: Abortable,
  ): Promise<BuildTargets>;
}
