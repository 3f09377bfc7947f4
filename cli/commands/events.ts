import type { EngineEvent } from "../../engine/api.ts";
import { defineCommand } from "../command.ts";
import { print } from "../context.ts";
import { readFilters } from "../filters.ts";
import { compileTemplate } from "../format/template.ts";
import { MOMENT, momentFlag } from "../moment-flag.ts";
import { interruptible } from "../signals.ts";
import { formatNanoTime } from "../time.ts";

export const events = defineCommand({
  usage: "[OPTIONS]",
  flags: {
    filter: { kind: "list", short: "f", type: "filter", help: "Filter output based on conditions provided" },
    format: {
      kind: "string",
      help: [
        "Format output using a custom template:",
        "'json': Print in JSON format",
        "'TEMPLATE': Print output using the given Go template.",
      ].join("\n"),
    },
    since: { kind: "string", help: `Show all events created since ${MOMENT}` },
    until: { kind: "string", help: `Stream events until ${MOMENT}` },
  },
  args: { min: 0, max: 0 },
  async run(context, _args, flags) {
    const render = flags.format ? documentRenderer(flags.format) : line;
    const query = {
      filters: readFilters(flags.filter),
      ...momentFlag("since", flags.since),
      ...momentFlag("until", flags.until),
    };
    const engine = await context.engine();
    using interrupted = interruptible(context);
    for await (const event of engine.events.stream(query, interrupted)) await print(context, render(event));
    return interrupted.signal.aborted ? 130 : 0;
  },
});

/** "2026-11-22T12:13:54.364783290Z container start 54c3… (image=busybox, name=web)". */
function line({ type, action, id, attributes, timeNano }: EngineEvent): string {
  const pairs = sorted(attributes).map(([name, value]) => `${name}=${value}`);
  const words = [formatNanoTime(timeNano), type, action, id];
  return pairs.length === 0 ? words.join(" ") : `${words.join(" ")} (${pairs.join(", ")})`;
}

const sorted = (attributes: EngineEvent["attributes"]) =>
  Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1));

function documentRenderer(format: string): (event: EngineEvent) => string {
  if (format === "json") return (event) => JSON.stringify(toTemplateValue(event));
  const render = compileTemplate(format);
  return (event) => render(toTemplateValue(event));
}

/** The fields by the names templates use; as JSON by those of the Engine API. */
function toTemplateValue({ type, action, id, attributes, timeNano }: EngineEvent) {
  const hasStatus = type === "container" || type === "image";
  const legacy = {
    ...(hasStatus ? { status: action, id } : {}),
    ...(type === "container" ? { from: attributes["image"] ?? "" } : {}),
  };
  const event = {
    Type: type,
    Action: action,
    Actor: { ID: id, Attributes: Object.fromEntries(sorted(attributes)) },
  };
  // A number of whole microseconds is written exactly, though it has more digits than a number holds.
  const time = { time: Number(timeNano / 1_000_000_000n), timeNano: Number(timeNano) };
  return {
    ...event,
    Status: legacy.status ?? "",
    ID: legacy.id ?? "",
    From: legacy.from ?? "",
    Scope: "local",
    Time: time.time,
    TimeNano: time.timeNano,
    toJSON: () => ({ ...legacy, ...event, scope: "local", ...time }),
  };
}
