import type { BuildEvent } from "../../engine/api.ts";
import type { STATUS_RESPONSE } from "../../wire/buildkit/control.ts";
import type { Decoded } from "../../wire/grpc/message.ts";

type Status = Decoded<typeof STATUS_RESPONSE>;
type Vertex = Status["vertexes"][number];
type Timestamp = NonNullable<Vertex["started"]>;

/** Of the output of a step so much is kept for the case that it fails. */
const TAIL = 16 << 10;
const STDERR = 2;

interface Step {
  started: boolean;
  finished: boolean;
  failed: boolean;
  tail: Buffer;
}

/** Turns what BuildKit tells of a build into events. */
export class StatusReader {
  readonly #report: (event: BuildEvent) => void;
  readonly #steps = new Map<string, Step>();

  constructor(report: (event: BuildEvent) => void) {
    this.#report = report;
  }

  /** The end of what the step that failed wrote. */
  get failedOutput(): string {
    const failed = [...this.#steps.values()].find((step) => step.failed);
    return failed?.tail.toString().trimEnd() ?? "";
  }

  read({ vertexes, statuses, logs, warnings }: Status): void {
    for (const vertex of vertexes) this.#began(vertex);
    for (const status of statuses) this.#status(status);
    for (const log of logs) this.#log(log);
    // After what was told of it together with its end.
    for (const vertex of vertexes) this.#ended(vertex);
    for (const warning of warnings) this.#report(warningEvent(warning));
  }

  #began({ digest: id, name, started }: Vertex): void {
    const known = this.#steps.get(id);
    const step = known ?? { started: false, finished: false, failed: false, tail: Buffer.alloc(0) };
    if (known === undefined) {
      this.#steps.set(id, step);
      this.#report({ type: "step", id, name });
    }
    if (started !== undefined && !step.started) this.#report({ type: "started", id, time: ms(started) });
    step.started ||= started !== undefined;
  }

  #ended({ digest: id, cached, completed, error }: Vertex): void {
    const step = this.#steps.get(id);
    if (completed === undefined || step === undefined || step.finished) return;
    step.finished = true;
    step.failed = error !== "";
    this.#report({ type: "finished", id, time: ms(completed), cached, ...(error === "" ? {} : { error }) });
  }

  #status({ id, name, vertex, current, total, timestamp, completed }: Status["statuses"][number]): void {
    const isWhole = completed !== undefined;
    this.#report({
      type: "status",
      id: vertex,
      name: id || name,
      done: current,
      ...(isWhole ? { total: current } : total > 0 ? { total } : {}),
      time: ms(completed ?? timestamp ?? { seconds: 0, nanos: 0 }),
    });
  }

  #log({ vertex: id, stream, msg: data, timestamp }: Status["logs"][number]): void {
    const step = this.#steps.get(id);
    if (step !== undefined) step.tail = Buffer.concat([step.tail, data]).subarray(-TAIL);
    const time = ms(timestamp ?? { seconds: 0, nanos: 0 });
    this.#report({ type: "output", id, stream: stream === STDERR ? "stderr" : "stdout", data, time });
  }
}

/** "RuleName: what is wrong (line 3)" is how checks of Dockerfiles say it. */
const RULE = /^(?<rule>[A-Z][A-Za-z]+): (?<message>.*?)(?: \(line \d+\))?$/s;

function warningEvent({ vertex, short, url, info, ranges }: Status["warnings"][number]): BuildEvent {
  const words = Buffer.from(short).toString();
  const { rule, message = words } = RULE.exec(words)?.groups ?? {};
  const [range] = ranges;
  const [start, end] = [range?.start?.line, range?.end?.line];
  return {
    type: "warning",
    id: vertex,
    message,
    ...(rule === undefined ? {} : { rule }),
    ...(url === "" ? {} : { url }),
    ...(info === undefined || start === undefined
      ? {}
      : { at: { file: info.filename, line: start, endLine: end ?? start } }),
  };
}

const ms = ({ seconds, nanos }: Timestamp): number => seconds * 1000 + Math.floor(nanos / 1e6);
