import { digestOf } from "../../core/digest.ts";
import type { BuildEvent } from "../../engine/api.ts";
import type { Progress, ProgressStream } from "./progress.ts";
import { type Step, Steps } from "./steps.ts";

const timestamp = (ms: number): string => new Date(ms).toISOString();
const base64 = (text: string): string => Buffer.from(text).toString("base64");

/**
 * One JSON document per line, in the form of BuildKit's SolveStatus (vertexes, statuses, logs, warnings), which tools that read
 * `docker build --progress rawjson` know; the image is a last line of its own.
 * https://github.com/moby/buildkit/blob/master/client/graph.go
 */
export class RawJsonProgress implements Progress {
  readonly #stream: ProgressStream;
  readonly #steps = new Steps();

  constructor(stream: ProgressStream) {
    this.#stream = stream;
  }

  report(event: BuildEvent): void {
    const step = this.#steps.apply(event);
    if (event.type === "instructions") return;
    this.#stream.write(`${JSON.stringify(document(event, step))}\n`);
  }

  close(): void {}
}

type Shown = Exclude<BuildEvent, { type: "instructions" }>;

function document(event: Shown, step: Step | undefined): Readonly<Record<string, unknown>> {
  switch (event.type) {
    case "step":
    case "started":
    case "finished":
      return { vertexes: [vertex(event.id, step)] };
    case "output":
      return {
        logs: [
          {
            vertex: digestOf(event.id),
            stream: event.stream === "stdout" ? 1 : 2,
            data: Buffer.from(event.data).toString("base64"),
            timestamp: timestamp(event.time),
          },
        ],
      };
    case "status":
      return {
        statuses: [
          {
            id: event.name,
            vertex: digestOf(event.id),
            current: event.done,
            ...(event.total === undefined ? {} : { total: event.total }),
            timestamp: timestamp(event.time),
          },
        ],
      };
    case "warning":
      return { warnings: [warning(event)] };
    case "explained":
      return { explanations: [{ vertex: digestOf(event.id), name: event.name, ...event.cause }] };
    case "result":
      return { result: { image: event.image, tags: event.tags, completed: timestamp(event.time) } };
  }
}

function vertex(id: string, step: Step | undefined): Readonly<Record<string, unknown>> {
  return {
    digest: digestOf(id),
    name: step?.name,
    ...(step?.started === undefined ? {} : { started: timestamp(step.started) }),
    ...(step?.finished === undefined ? {} : { completed: timestamp(step.finished) }),
    ...(step?.cached === true ? { cached: true } : {}),
    ...(step?.error === undefined ? {} : { error: step.error }),
  };
}

function warning({ id, rule, message, url, at }: Extract<BuildEvent, { type: "warning" }>): object {
  return {
    ...(id === undefined ? {} : { vertex: digestOf(id) }),
    level: 1,
    short: base64(rule === undefined ? message : `${rule}: ${message}`),
    ...(url === undefined ? {} : { url }),
    ...(at === undefined
      ? {}
      : {
          sourceInfo: { filename: at.file },
          range: [{ start: { line: at.line }, end: { line: at.endLine } }],
        }),
  };
}
