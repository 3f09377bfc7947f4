import { lintResults } from "../../core/build-answers.ts";
import { outlineText, subrequestsText, targetsText } from "../../core/build-answers-text.ts";
import type { BuildEvent, BuildRequest, BuildService } from "../../engine/api.ts";
import { LINT } from "../../wire/buildkit/lint.ts";
import { DESCRIBE, OUTLINE, SUBREQUESTS, TARGETS } from "../../wire/buildkit/subrequests.ts";

type Warning = Extract<BuildEvent, { readonly type: "warning" }>;
/** What a client reads of an answer: "result.json", "result.txt", "version". */
export type Metadata = ReadonlyMap<string, Uint8Array>;
export type Answer = (builds: BuildService, request: BuildRequest, signal: AbortSignal) => Promise<Metadata>;

const nothing = (): void => undefined;

/** What is asked of the frontend in place of a build, by its id. */
export const ANSWERS: ReadonlyMap<string, Answer> = new Map<string, Answer>([
  [
    LINT.id,
    async (builds, request, signal) => {
      const warnings: Warning[] = [];
      const report = (event: BuildEvent): void => {
        if (event.type === "warning") warnings.push(event);
      };
      await builds.check(request, report, { signal });
      return lintMetadata(warnings, request.dockerfile);
    },
  ],
  [
    OUTLINE.name,
    async (builds, request, signal) => {
      const outline = await builds.outline(request, nothing, { signal });
      return metadata(OUTLINE, outline, outlineText(outline));
    },
  ],
  [
    TARGETS.name,
    async (builds, request, signal) => {
      const targets = await builds.targets(request, nothing, { signal });
      return metadata(TARGETS, targets, targetsText(targets));
    },
  ],
  [DESCRIBE.name, async () => metadata(DESCRIBE, SUBREQUESTS, subrequestsText(SUBREQUESTS))],
]);

const metadata = ({ version }: { readonly version: string }, json: unknown, text: string): Metadata =>
  new Map([
    ["result.json", Buffer.from(JSON.stringify(json, undefined, 2))],
    ["result.txt", Buffer.from(text)],
    ["version", Buffer.from(version)],
  ]);

function lintMetadata(found: readonly Warning[], dockerfile: BuildRequest["dockerfile"]): Metadata {
  const lines = found.map(
    ({ rule = "", message, at }) => `${at?.file ?? dockerfile.name}:${at?.line ?? 0}: ${rule}: ${message}\n`,
  );
  return new Map([
    ...metadata(LINT, lintResults(found, dockerfile), lines.join("")),
    ["result.statuscode", Buffer.from(found.length === 0 ? "0" : "1")],
  ]);
}
