import type { BuildEvent } from "../../../builder/events.ts";
import type { SecretSource } from "../../../builder/ports.ts";
import type { Digest } from "../../../core/digest.ts";
import { describeError, Failure, isKind } from "../../../core/errors.ts";
import type { BuildAsked, BuildFault } from "../../build-history-api.ts";
import type { BuildState, BuildTable } from "./build-table.ts";
import { Progress } from "./progress.ts";
import { Redaction } from "./redaction.ts";

/** How much of a build's output is kept. */
const MAX_OUTPUT = 64 * 1024 * 1024;
/** What is held in memory, in bytes of output and in time, before it is written. */
const MAX_PENDING = 256 * 1024;
const MAX_EVENTS = 4096;
const DELAY_MS = 500;
const STATUS_INTERVAL_MS = 1000;
const NEWLINE = "\n";

type Of<T extends BuildEvent["type"]> = Extract<BuildEvent, { readonly type: T }>;

/**
 * Writes down one build as it goes. It never fails: a disk that is full ends the record, not the build. Secrets that commands were given are
 * taken out.
 */
export class BuildRecorder {
  readonly #table: BuildTable;
  readonly #ref: string;
  readonly #clock: () => number;
  readonly #progress = new Progress();
  readonly #redaction = new Redaction();
  readonly #shown = new Map<string, number>();
  #pending: BuildEvent[] = [];
  #pendingBytes = 0;
  #outputBytes = 0;
  #truncated = false;
  #broken = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    table: BuildTable,
    build: { readonly ref: string; readonly asked: BuildAsked },
    clock: () => number,
  ) {
    this.#table = table;
    this.#ref = build.ref;
    this.#clock = clock;
    this.#attempt(() => table.begin(build.ref, build.asked, clock()));
  }

  readonly report = (event: BuildEvent): void => {
    if (this.#broken || !this.#isWanted(event)) return;
    this.#progress.apply(event);
    for (const kept of this.#redaction.apply(event)) this.#keep(kept);
  };

  watch(secrets: SecretSource): SecretSource {
    return this.#redaction.watch(secrets);
  }

  /** `manifest`: of the image, if it is in the store. */
  completed(manifest: Digest | undefined): void {
    this.#end("completed", manifest === undefined ? {} : { manifest });
  }

  failed(error: unknown): void {
    this.#end(isKind(error, "cancelled") ? "canceled" : "error", { fault: this.#faultOf(error) });
  }

  /** Output beyond the limit is left out, and of what changes many times a second one state a second is enough. */
  #isWanted(event: BuildEvent): boolean {
    if (event.type === "output") {
      this.#truncated ||= this.#outputBytes + event.data.byteLength > MAX_OUTPUT;
      if (!this.#truncated) this.#outputBytes += event.data.byteLength;
      return !this.#truncated;
    }
    return event.type !== "status" || this.#isDue(event);
  }

  #isDue({ id, name, done, total, time }: Of<"status">): boolean {
    const key = `${id}\0${name}`;
    const last = this.#shown.get(key);
    const isDue = last === undefined || done === total || time - last >= STATUS_INTERVAL_MS;
    if (isDue) this.#shown.set(key, time);
    return isDue;
  }

  #keep(event: BuildEvent): void {
    this.#pending.push(event);
    if (event.type === "output") this.#pendingBytes += event.data.byteLength;
    if (this.#pendingBytes >= MAX_PENDING || this.#pending.length >= MAX_EVENTS) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), DELAY_MS).unref();
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const events = this.#pending;
    this.#pending = [];
    this.#pendingBytes = 0;
    if (events.length > 0) this.#attempt(() => this.#table.append(this.#ref, events, this.#state()));
  }

  #end(status: "completed" | "canceled" | "error", more: Partial<BuildState>): void {
    this.#flush();
    const state = { ...this.#state(), ...more };
    this.#attempt(() => this.#table.end(this.#ref, { status, state, time: this.#clock() }));
  }

  #state(): BuildState {
    const { counts, warnings, image } = this.#progress;
    const steps = this.#progress.steps.map((step) =>
      step.error === undefined ? step : { ...step, error: this.#redaction.text(step.error) },
    );
    return { counts, warnings, steps, truncated: this.#truncated, ...(image === undefined ? {} : { image }) };
  }

  #faultOf(error: unknown): BuildFault {
    const message = this.#redaction.text(describeError(error)).trimEnd();
    const place = placeOf(error);
    return { message: message.split(NEWLINE).slice(0, 200).join(NEWLINE), ...place };
  }

  #attempt(work: () => void): void {
    if (this.#broken) return;
    try {
      work();
    } catch {
      this.#broken = true;
      clearTimeout(this.#timer);
    }
  }
}

/** The outermost code, and the first place along the chain of causes. */
function placeOf(error: unknown): Partial<BuildFault> {
  const failures: Failure[] = [];
  for (let e = error; e instanceof Error; e = e.cause) if (e instanceof Failure) failures.push(e);
  const code = failures[0]?.code;
  return {
    ...(code === undefined ? {} : { code }),
    ...failures.map(({ detail }) => lineOf(detail)).find(Boolean),
  };
}

function lineOf(detail: object): Partial<BuildFault> | undefined {
  const { file, line, endLine = line } = detail as Partial<Record<"file" | "line" | "endLine", unknown>>;
  if (typeof file !== "string" || typeof line !== "number" || typeof endLine !== "number") return undefined;
  return { file, line, endLine };
}
