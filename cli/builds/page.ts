import type { BuildDetails, BuildEvent, BuildStepRecord } from "../../engine/api.ts";
import { PlainProgress } from "../progress/plain.ts";
import { describeBuild, stateOf } from "./details.ts";
import { shortDuration } from "./listing.ts";

const STYLE = `
body { font: 14px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem; color: #1d2733; }
pre { background: #f4f6f8; padding: .75rem; overflow: auto; font-size: 12px; }
table { border-collapse: collapse; width: 100%; }
td { padding: .15rem .5rem; vertical-align: middle; white-space: nowrap; }
td.name { max-width: 26rem; overflow: hidden; text-overflow: ellipsis; }
td.bar { width: 50%; }
svg { display: block; width: 100%; height: 14px; }
rect { fill: #8fb8de; } .critical rect { fill: #d9822b; } .cached rect { fill: #c5ced6; } .error rect { fill: #c23030; }
`;

/** Nothing in a build's names or output becomes markup. */
const escaped = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

/** A page for a browser that needs nothing else: what was built, a bar for the time of each step, the log. */
export async function* buildPage(
  details: BuildDetails,
  events: () => AsyncIterable<BuildEvent>,
): AsyncGenerator<Uint8Array> {
  const title = escaped(`${details.name} ${details.ref}`);
  yield Buffer.from(
    [
      `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title}</title><style>${STYLE}</style></head>`,
      `<body><h1>${title}</h1>`,
      `<h2>Steps</h2><table>${details.stepList.map((step) => stepRow(step, details)).join("")}</table>`,
      `<h2>Details</h2><pre>${escaped(describeBuild(details))}</pre>`,
      "<h2>Log</h2><pre>",
    ].join("\n"),
  );
  const written: string[] = [];
  const log = new PlainProgress({ write: (text) => written.push(text) });
  for await (const event of events()) {
    log.report(event);
    yield Buffer.from(escaped(written.splice(0).join("")));
  }
  log.close();
  yield Buffer.from(`${escaped(written.join(""))}</pre></body></html>\n`);
}

/** The bar is drawn to the scale of the whole build. */
function stepRow(step: BuildStepRecord, { startedAt, duration }: BuildDetails): string {
  const scale = 100 / Math.max(1, duration);
  const start = step.startedAt === undefined ? 0 : (step.startedAt.getTime() - startedAt.getTime()) * scale;
  const width = Math.max(0.3, step.duration * scale);
  const state = stateOf(step);
  const kind = state === "done" && step.critical ? "critical" : state;
  const bar = `<svg preserveAspectRatio="none" viewBox="0 0 100 10"><rect x="${start.toFixed(2)}" width="${width.toFixed(2)}" height="10"/></svg>`;
  const name = escaped(step.name);
  return `<tr class="${kind}"><td class="name" title="${name}">${name}</td><td>${state}</td><td>${shortDuration(step.duration)}</td><td class="bar">${bar}</td></tr>`;
}
