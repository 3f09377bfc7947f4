import { StringDecoder } from "node:string_decoder";
import type { BuildEvent } from "../../engine/api.ts";
import type { Progress, ProgressStream } from "./progress.ts";
import { describeResult, describeStatus, describeWarnings, type Step, Steps, tenths } from "./steps.ts";

type Output = Extract<BuildEvent, { type: "output" }>;
type Status = Extract<BuildEvent, { type: "status" }>;

/** A line that does not end is written in pieces of this many characters, so that memory stays bounded. */
const MAX_PARTIAL = 1 << 20;
const STATUS_INTERVAL_MS = 5000;
/** Of steps that run at the same time one is shown until it ends, falls silent, or had its turn, so that their lines stay together. */
const SILENCE_MS = 1000;
const TURN_MS = 5000;
const MAX_HELD = 1 << 20;

interface Open {
  readonly decoders: Readonly<Record<Output["stream"], StringDecoder>>;
  /** Text after the last newline, by stream. */
  readonly partial: Record<Output["stream"], string>;
  readonly shownStatus: Map<string, { time: number; text: string }>;
  lastTime: number;
}

/**
 * BuildKit's plain form, for logs: "#3 [2/4] RUN make", "#3 0.123 output", "#3 DONE 1.2s". Every byte a step writes appears, each line with
 * the step's number and the seconds since its start. When the lines change over to another step, its header is written again.
 */
export class PlainProgress implements Progress {
  readonly #stream: ProgressStream;
  readonly #steps = new Steps();
  readonly #open = new Map<Step, Open>();
  /** Lines of steps that wait for their turn, in the order they came. */
  readonly #held = new Map<Step, string>();
  #current: Step | undefined;
  #turnStart = 0;
  #lastActivity = 0;
  #written = false;
  #closed = false;

  constructor(stream: ProgressStream) {
    this.#stream = stream;
  }

  report(event: BuildEvent): void {
    const step = this.#steps.apply(event);
    if (step === undefined) return;
    if (event.type === "started") this.#write(step, "", event.time);
    if (event.type === "output") this.#output(step, event);
    if (event.type === "status") this.#status(step, event);
    if (event.type === "finished") this.#finish(step, event.time);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const [step, { lastTime }] of this.#open) this.#flushPartial(step, lastTime);
    for (const step of this.#held.keys()) this.#turnTo(step, 0);
    const { result, warnings } = this.#steps;
    const made = result === undefined ? [] : ["", ...describeResult(result)];
    const lines = [...made, ...describeWarnings(warnings)];
    if (lines.length > 0) this.#stream.write(`${lines.join("\n")}\n`);
  }

  /** Writes lines of a step now if it is its turn, else holds them back. */
  #write(step: Step, lines: string, time: number): void {
    if (step === this.#current) {
      this.#lastActivity = time;
      if (lines !== "") this.#stream.write(lines);
      return;
    }
    const held = (this.#held.get(step) ?? "") + lines;
    this.#held.set(step, held);
    const over =
      this.#current === undefined ||
      this.#current.finished !== undefined ||
      time - this.#lastActivity >= SILENCE_MS ||
      time - this.#turnStart >= TURN_MS ||
      held.length > MAX_HELD;
    if (over) this.#turnTo(step, time);
  }

  #turnTo(step: Step, time: number): void {
    const left = this.#current;
    const unfinished = left !== undefined && left.finished === undefined ? `#${left.number} ...\n` : "";
    const header = `#${step.number} ${step.name}\n`;
    this.#stream.write(`${unfinished}${this.#written ? "\n" : ""}${header}${this.#held.get(step) ?? ""}`);
    this.#held.delete(step);
    this.#written = true;
    this.#current = step;
    this.#turnStart = time;
    this.#lastActivity = time;
  }

  #opened(step: Step): Open {
    const known = this.#open.get(step);
    if (known !== undefined) return known;
    const open: Open = {
      decoders: { stdout: new StringDecoder("utf8"), stderr: new StringDecoder("utf8") },
      partial: { stdout: "", stderr: "" },
      shownStatus: new Map(),
      lastTime: step.started ?? 0,
    };
    this.#open.set(step, open);
    return open;
  }

  #output(step: Step, { stream, data, time }: Output): void {
    const open = this.#opened(step);
    open.lastTime = time;
    const text = open.partial[stream] + open.decoders[stream].write(data);
    const end = text.length > MAX_PARTIAL ? text.length : text.lastIndexOf("\n") + 1;
    open.partial[stream] = text.slice(end);
    if (end > 0) this.#lines(step, text.slice(0, end), time);
  }

  /** One string per chunk, not per line: the prefix is the same for all of them. */
  #lines(step: Step, text: string, time: number): void {
    const seconds = (Math.max(0, time - (step.started ?? time)) / 1000).toFixed(3);
    const prefix = `#${step.number} ${seconds} `;
    const body = text.endsWith("\n") ? text.slice(0, -1) : text;
    this.#write(step, `${prefix}${body.replaceAll("\n", `\n${prefix}`)}\n`, time);
  }

  #status(step: Step, event: Status): void {
    const { shownStatus } = this.#opened(step);
    const shown = shownStatus.get(event.name);
    const complete = event.total !== undefined && event.done >= event.total;
    const text = describeStatus(event) + (complete ? " done" : "");
    const due = complete || event.time - (shown?.time ?? step.started ?? event.time) >= STATUS_INTERVAL_MS;
    if (!due || shown?.text === text) return;
    shownStatus.set(event.name, { time: event.time, text });
    this.#write(step, `#${step.number} ${text}\n`, event.time);
  }

  #flushPartial(step: Step, time: number): void {
    const open = this.#open.get(step);
    if (open === undefined) return;
    for (const stream of ["stdout", "stderr"] as const) {
      const text = open.partial[stream] + open.decoders[stream].end();
      open.partial[stream] = "";
      if (text !== "") this.#lines(step, text, time);
    }
  }

  #finish(step: Step, time: number): void {
    this.#flushPartial(step, this.#open.get(step)?.lastTime ?? time);
    this.#open.delete(step);
    this.#write(step, `#${step.number} ${outcome(step)}\n`, time);
    if (this.#current?.finished === undefined) return;
    // Those that ended meanwhile, then the first that still runs.
    for (const next of this.#held.keys()) {
      this.#turnTo(next, time);
      if (next.finished === undefined) break;
    }
  }
}

function outcome({ error, cached, started = 0, finished = 0 }: Step): string {
  if (error !== undefined) return `ERROR: ${error}`;
  return cached ? "CACHED" : `DONE ${tenths(finished - started)}s`;
}
