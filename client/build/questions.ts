import type { BuildOutline, BuildTargets } from "../../core/build-answers.ts";
import { Failure } from "../../core/errors.ts";
import type { BuildEvent } from "../../engine/api.ts";
import { LINT, LINT_RESULTS, type LintResults } from "../../wire/buildkit/lint.ts";
import { OUTLINE, OUTLINE_RESULT, TARGETS, TARGETS_RESULT } from "../../wire/buildkit/subrequests.ts";
import { type Asked, askFrontend } from "./ask-frontend.ts";
import type { BuildParts } from "./run-build.ts";

/** What the daemon's checks of a Dockerfile find, as warnings. */
export async function checkThere(parts: BuildParts, asked: Asked): Promise<readonly BuildEvent[]> {
  const question = { id: LINT.id, answer: LINT_RESULTS, what: "what its checks find" };
  return warningsOf(await askFrontend(parts, question, asked));
}

export const outlineThere = (parts: BuildParts, asked: Asked): Promise<BuildOutline> =>
  askFrontend(parts, { id: OUTLINE.name, answer: OUTLINE_RESULT, what: "what a build takes" }, asked);

export const targetsThere = (parts: BuildParts, asked: Asked): Promise<BuildTargets> =>
  askFrontend(parts, { id: TARGETS.name, answer: TARGETS_RESULT, what: "what can be built" }, asked);

function warningsOf({ warnings, sources, buildError }: LintResults): readonly BuildEvent[] {
  if (buildError) throw new Failure("DAEMON_FAILED", { message: buildError.message });
  return warnings.map(({ ruleName: rule, url, detail: message, location }) => {
    const ranges = location?.ranges ?? [];
    const [first, last] = [ranges.at(0), ranges.at(-1)];
    const file = sources[location?.sourceIndex ?? 0]?.filename ?? "";
    return {
      type: "warning",
      message,
      ...(rule === "" ? {} : { rule }),
      ...(url === "" ? {} : { url }),
      ...(first === undefined || last === undefined
        ? {}
        : { at: { file, line: first.start.line, endLine: last.end.line } }),
    };
  });
}
