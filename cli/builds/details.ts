import type { BuildDetails, BuildStepRecord } from "../../engine/api.ts";
import { formatTable } from "../format/table.ts";
import { humanSize } from "../format/units.ts";
import { formatTime } from "../time.ts";
import { shortDuration } from "./listing.ts";

type Row = readonly [label: string, text: string | undefined];

const pairs = (record: Readonly<Record<string, string>>): string | undefined =>
  Object.keys(record).length === 0
    ? undefined
    : Object.entries(record)
        .map(([name, value]) => `${name}=${value}`)
        .join(", ");

const list = (texts: readonly string[]): string | undefined =>
  texts.length === 0 ? undefined : texts.join(", ");

/** For people: what was asked for, how it went, each step with its time, the critical path marked. */
export function describeBuild(details: BuildDetails): string {
  const { asked, steps, fault, status } = details;
  const share = steps.total === 0 ? 0 : Math.round((steps.cached / steps.total) * 100);
  const rows: readonly Row[] = [
    ["Name", details.name],
    ["Ref", details.ref],
    ["Context", asked.context],
    ["Dockerfile", asked.dockerfile],
    ["Target", asked.target],
    ["Platforms", asked.platform],
    ["Named contexts", pairs(asked.namedContexts)],
    ["Build args", pairs(asked.buildArgs)],
    ["Labels", pairs(asked.labels)],
    ["Started", formatTime(details.startedAt)],
    ["Duration", `${shortDuration(details.duration)}${status === "running" ? " (running)" : ""}`],
    ["Critical path", shortDuration(details.criticalDuration)],
    ["Status", status === "error" ? "failed" : status],
    ["Build steps", `${steps.completed}/${steps.total} (${share}% cached)`],
    ["Image", details.image],
    ["Digest", details.manifest],
    ["Tags", list(asked.tags)],
    ["Log", `${humanSize(details.logBytes)}${details.logTruncated ? " (the rest is not kept)" : ""}`],
  ];
  const width = Math.max(...rows.map(([label]) => label.length)) + 2;
  const head = rows.flatMap(([label, text]) =>
    text === undefined ? [] : [`${`${label}:`.padEnd(width)} ${text}`],
  );
  const warnings = details.warningList.map(({ message, rule, line }) => {
    const place = line === undefined ? "" : ` (line ${line})`;
    return ` - ${rule === undefined ? "" : `${rule}: `}${message}${place}`;
  });
  const sections = [
    head.join("\n"),
    stepTable(details.stepList),
    ...(warnings.length === 0 ? [] : [`Warnings:\n${warnings.join("\n")}`]),
    ...(fault === undefined ? [] : [`Error: ${fault.message}`]),
  ];
  return sections.join("\n\n");
}

/** One line for each step; those of the critical path have a mark. */
function stepTable(steps: readonly BuildStepRecord[]): string {
  const rows = steps.map((step) => [
    step.critical ? "*" : "",
    shortDuration(step.duration),
    stateOf(step),
    step.line === undefined ? "" : String(step.line),
    step.name,
  ]);
  const columns = ["CRITICAL", "DURATION", "STATE", "LINE", "STEP"];
  return formatTable({ columns, rows }).trimEnd();
}

/** What became of a step, in a word. */
export function stateOf({ cached, error, startedAt, completedAt }: BuildStepRecord): string {
  if (error !== undefined) return "error";
  if (completedAt === undefined) return startedAt === undefined ? "waiting" : "running";
  return cached ? "cached" : "done";
}
