import type { BuildEvent } from "../../engine/api.ts";
import { humanSize } from "../format/units.ts";

export interface Step {
  /** From 1, in the order of first mention. */
  readonly number: number;
  readonly name: string;
  started: number | undefined;
  finished: number | undefined;
  cached: boolean;
  error: string | undefined;
}
type Result = Extract<BuildEvent, { type: "result" }>;
type Warning = Extract<BuildEvent, { type: "warning" }>;
type Status = Extract<BuildEvent, { type: "status" }>;

/** The build as its events tell it. */
export class Steps {
  readonly #byId = new Map<string, Step>();
  readonly #warnings: Warning[] = [];
  #result: Result | undefined;

  /** Takes one event in; returns the step it is about. An event of a step never announced announces it. */
  apply(event: BuildEvent): Step | undefined {
    if (event.type === "warning") this.#warnings.push(event);
    if (event.type === "result") this.#result = event;
    if (event.type === "result" || event.type === "warning" || event.type === "instructions")
      return undefined;
    const step = this.#step(event.id, event.type === "step" ? event.name : event.id);
    if (event.type === "started") step.started ??= event.time;
    if (event.type === "finished") {
      step.started ??= event.time;
      step.finished = event.time;
      step.cached = event.cached;
      step.error = event.error;
    }
    return step;
  }

  #step(id: string, name: string): Step {
    const known = this.#byId.get(id);
    if (known !== undefined) return known;
    const step: Step = {
      number: this.#byId.size + 1,
      name,
      started: undefined,
      finished: undefined,
      cached: false,
      error: undefined,
    };
    this.#byId.set(id, step);
    return step;
  }

  get all(): readonly Step[] {
    return [...this.#byId.values()];
  }
  get result(): Result | undefined {
    return this.#result;
  }
  get warnings(): readonly Warning[] {
    return this.#warnings;
  }
}

/** "1.2" for 1234 ms: tenths, as BuildKit writes times. */
export const tenths = (ms: number): string => (Math.max(0, ms) / 1000).toFixed(1);

/** "extracting 3.2MB / 12MB", "transferring 120 / 500 files". */
export function describeStatus({ name, done, total, unit }: Status): string {
  const amount = (count: number): string => (unit === "files" ? String(count) : humanSize(count));
  const of = total === undefined || total === done ? "" : ` / ${amount(total)}`;
  return `${name} ${amount(done)}${of}${unit === "files" ? " files" : ""}`;
}

/** What the build made, in the words by which scripts find it in docker's output. */
export const describeResult = ({ image, tags }: Result): readonly string[] => [
  `writing image ${image}`,
  ...tags.map((tag) => `naming to ${tag}`),
];

/** The warnings of a build as BuildKit lists them at its end; empty when there are none. */
export function describeWarnings(warnings: readonly Warning[]): readonly string[] {
  if (warnings.length === 0) return [];
  const lines = warnings.map(({ rule, message, at }) => {
    const label = rule === undefined ? "" : `${rule}: `;
    return ` - ${label}${message}${at === undefined ? "" : ` (line ${at.line})`}`;
  });
  return ["", ` ${warnings.length} warning${warnings.length === 1 ? "" : "s"} found:`, ...lines];
}
