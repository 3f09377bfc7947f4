import { setTimeout as sleep } from "node:timers/promises";
import type { BuildEvent } from "../../../builder/events.ts";
import { Failure } from "../../../core/errors.ts";
import type { Abortable } from "../../../core/streams.ts";
import type {
  BuildDetails,
  BuildHistory,
  BuildHistoryQuery,
  BuildRecord,
  BuildStepRecord,
} from "../../build-history-api.ts";
import type { BuildRow, BuildTable } from "./build-table.ts";
import { criticalPath } from "./critical-path.ts";
import { compileBuildFilters } from "./filter.ts";
import { buildName } from "./name.ts";
import type { StepProgress } from "./progress.ts";

/** How long until one looks again at a build of another process. */
const LOOK_AGAIN_MS = 200;
const OFFSET = /^\^(\d+)$/;

export class History implements BuildHistory {
  readonly #table: BuildTable;
  readonly #clock: () => number;

  constructor(table: BuildTable, clock: () => number) {
    this.#table = table;
    this.#clock = clock;
  }

  async list({ filters, limit }: BuildHistoryQuery = {}): Promise<readonly BuildRecord[]> {
    const test = compileBuildFilters(filters);
    const records = this.#table.list().map((row) => this.#record(row));
    const running = records.filter(({ status }) => status === "running");
    const ended = records.filter(({ status }) => status !== "running");
    return [...running, ...ended].filter(test).slice(0, limit);
  }

  async get(ref: string): Promise<BuildRecord> {
    return this.#record(this.#find(ref));
  }

  async inspect(ref: string): Promise<BuildDetails> {
    const row = this.#find(ref);
    const { steps, warnings } = row.state;
    const critical = criticalPath(steps);
    const stepList = steps.map((step) => stepRecord(step, critical.has(step.id), this.#clock()));
    return {
      ...this.#record(row),
      stepList,
      warningList: warnings,
      criticalDuration: stepList.reduce((sum, step) => sum + (step.critical ? step.duration : 0), 0),
    };
  }

  async *events(ref: string, { signal }: Abortable = {}): AsyncGenerator<BuildEvent> {
    const { ref: full } = this.#find(ref);
    let place = 0;
    for (;;) {
      // Looked at before the journal, so that what is written last is not missed.
      const isRunning = this.#table.find(full)?.status === "running";
      for (
        let next = this.#table.read(full, place);
        next !== undefined;
        next = this.#table.read(full, place)
      ) {
        place = next.place;
        yield* next.events;
      }
      if (!isRunning) return;
      await sleep(LOOK_AGAIN_MS, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
      if (signal?.aborted === true) throw new Failure("CANCELLED", { what: "following the build" });
    }
  }

  async remove(ref: string): Promise<void> {
    const row = this.#find(ref);
    if (row.status === "running") throw new Failure("BUILD_RUNNING", { build: row.ref });
    this.#table.remove(row.ref);
  }

  async removeAll(): Promise<readonly string[]> {
    const ended = this.#table.list().filter(({ status }) => status !== "running");
    for (const { ref } of ended) this.#table.remove(ref);
    return ended.map(({ ref }) => ref);
  }

  #find(ref: string): BuildRow {
    const exact = this.#table.find(ref);
    if (exact !== undefined) return exact;
    const rows = this.#table.list();
    const offset = ref === "" ? "0" : OFFSET.exec(ref)?.[1];
    const found =
      offset === undefined ? rows.filter((row) => row.ref.startsWith(ref)) : [rows[Number(offset)]];
    if (found.length > 1) throw new Failure("BUILD_RECORD_AMBIGUOUS", { prefix: ref });
    if (found[0] === undefined) throw new Failure("BUILD_RECORD_UNKNOWN", { build: ref });
    return found[0];
  }

  #record({ ref, started, finished, status, asked, state, logBytes }: BuildRow): BuildRecord {
    const { counts, warnings, fault, image, manifest, truncated } = state;
    const last = Math.max(started, ...state.steps.map((step) => step.finished ?? step.started ?? started));
    const end = finished ?? (status === "running" ? this.#clock() : last);
    return {
      ref,
      name: buildName(asked),
      status,
      startedAt: new Date(started),
      ...(finished === undefined ? {} : { completedAt: new Date(finished) }),
      duration: Math.max(0, end - started),
      asked,
      steps: counts,
      warnings: warnings.length,
      ...(fault === undefined ? {} : { fault }),
      ...(image === undefined ? {} : { image }),
      ...(manifest === undefined ? {} : { manifest }),
      logBytes,
      logTruncated: truncated,
    };
  }
}

function stepRecord(step: StepProgress, critical: boolean, now: number): BuildStepRecord {
  const { started, finished, inputs: _, ...rest } = step;
  const end = finished ?? now;
  return {
    ...rest,
    ...(started === undefined ? {} : { startedAt: new Date(started) }),
    ...(finished === undefined ? {} : { completedAt: new Date(finished) }),
    duration: started === undefined ? 0 : Math.max(0, end - started),
    critical,
  };
}
