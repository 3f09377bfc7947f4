import { status as code } from "@grpc/grpc-js";
import { Failure } from "../../core/errors.ts";
import type { BuildHistory, BuildRecord } from "../../engine/build-history-api.ts";
import {
  EVENT_TYPE,
  type HistoryEvent,
  type HistoryRecord,
  type HistoryRequest,
  type UpdateRequest,
} from "../../wire/buildkit/history.ts";
import { timestamp } from "./timestamp.ts";

/** By this clients measure builds that run: https://github.com/docker/buildx/blob/master/commands/history/ls.go */
export const clockHeader = (): Readonly<Record<string, string>> => ({
  "buildkit-current-timestamp": new Date().toISOString(),
});

/** Control.ListenBuildHistory, for clients that want to know what there is and not what is to come. Rejects with OPTION_UNSUPPORTED. */
export async function* listBuilds(
  history: BuildHistory,
  { activeOnly, ref, earlyExit, filter, limit }: HistoryRequest,
): AsyncGenerator<HistoryEvent> {
  if (!earlyExit && !activeOnly)
    throw new Failure("OPTION_UNSUPPORTED", { option: "following the history of builds" });
  const records = await history.list({ filters: filter.flatMap(readFilter) });
  const wanted = records.filter(
    (record) => (ref === "" || record.ref === ref) && (!activeOnly || record.status === "running"),
  );
  for (const record of wanted.slice(0, limit > 0 ? limit : undefined))
    yield {
      type: record.status === "running" ? EVENT_TYPE.started : EVENT_TYPE.complete,
      record: historyRecord(record),
    };
}

/** One filter is a line of CSV whose fields must all hold; "~=" asks for a part of a text, "==" for all of it. */
const readFilter = (line: string): readonly string[] =>
  line
    .split(",")
    .map((field) => field.replace(/^"(.*)"$/, "$1").replace(/^(\w+)(?:~=|==)/, "$1="))
    .filter((field) => field !== "");

/** Control.UpdateBuildHistory. Nothing is left to finalize: what a build tells is kept as it comes. Rejects with BUILD_RECORD_UNKNOWN, BUILD_RUNNING. */
export async function updateBuild(history: BuildHistory, request: UpdateRequest): Promise<void> {
  if (request.pinned) throw new Failure("OPTION_UNSUPPORTED", { option: "pinning a build" });
  const { ref } = await history.get(request.ref);
  if (ref !== request.ref) throw new Failure("BUILD_RECORD_UNKNOWN", { build: request.ref });
  if (request.delete) await history.remove(ref);
}

function historyRecord(record: BuildRecord): HistoryRecord {
  const { ref, asked, status, startedAt, duration, steps, warnings, fault, manifest } = record;
  const completedAt = record.completedAt ?? new Date(startedAt.getTime() + duration);
  return {
    ref,
    frontend: "dockerfile.v0",
    frontendAttrs: new Map(frontendAttrs(asked)),
    exporters:
      asked.tags.length === 0 ? [] : [{ type: "image", attrs: new Map([["name", asked.tags.join(",")]]) }],
    ...(status === "canceled" || status === "error"
      ? {
          error: {
            code: status === "canceled" ? code.CANCELLED : code.UNKNOWN,
            message: fault?.message ?? "",
          },
        }
      : {}),
    createdAt: timestamp(startedAt.getTime()),
    ...(status === "running" ? {} : { completedAt: timestamp(completedAt.getTime()) }),
    exporterResponse: new Map(manifest === undefined ? [] : [["containerimage.digest", manifest]]),
    numCachedSteps: steps.cached,
    numTotalSteps: steps.total,
    numCompletedSteps: steps.completed,
    numWarnings: warnings,
  };
}

/** What was asked for, as a client would have asked the frontend for it. */
function* frontendAttrs(asked: BuildRecord["asked"]): Generator<readonly [string, string]> {
  yield ["filename", asked.dockerfile];
  if (asked.context.includes("://")) yield ["context", asked.context];
  if (asked.target !== undefined) yield ["target", asked.target];
  if (asked.platform !== undefined) yield ["platform", asked.platform];
  const { noCache, noCacheStages = [] } = asked;
  if (noCache || noCacheStages.length > 0) yield ["no-cache", noCacheStages.join(",")];
  if (asked.pull) yield ["image-resolve-mode", "pull"];
  if (asked.network !== "default") yield ["force-network-mode", asked.network];
  if (asked.extraHosts.length > 0) yield ["add-hosts", asked.extraHosts.join(",")];
  for (const [name, value] of Object.entries(asked.buildArgs)) yield [`build-arg:${name}`, value];
  for (const [name, value] of Object.entries(asked.labels)) yield [`label:${name}`, value];
  for (const [name, value] of Object.entries(asked.namedContexts)) yield [`context:${name}`, value];
}
