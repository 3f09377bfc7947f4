import type { Digest } from "../../core/digest.ts";
import { describeError } from "../../core/errors.ts";
import { monotonicMs } from "../../core/monotonic.ts";
import { onto } from "../cache/preimage.ts";
import type { BuildEvent } from "../events.ts";
import {
  inputsOf,
  type LayerStep,
  layersOf,
  type Outcome,
  type Outcomes,
  type Plan,
  type Step,
  type StepId,
} from "../plan/step.ts";
import type { CachedPerformer, Performed, PerformOptions } from "./cached-performer.ts";
import type { Operation } from "./operation.ts";
import type { Slots } from "./semaphore.ts";

export interface SolveOptions {
  readonly noCache: boolean;
  /** See PerformOptions. */
  readonly fresh?: boolean | undefined;
  readonly clock: () => number;
  readonly report: (event: BuildEvent) => void;
  /** The operation of a step whose inputs are there. */
  readonly operation: (step: LayerStep, outcomes: Outcomes) => Operation;
  /** Gives an error its place in the Dockerfile, and what else belongs into the message. */
  readonly explain: (error: unknown, step: LayerStep, outcomes: Outcomes) => Promise<unknown>;
  /** The time of results made now, as image histories have it. */
  readonly created: () => Promise<string>;
  /** See PerformOptions. */
  readonly claim: PerformOptions["claim"];
  /** Told of every result, before the steps that need it begin. */
  readonly done: (step: LayerStep, performed: Performed) => void;
  readonly remote: PerformOptions["remote"];
  /** Bounds the operations performed at a time. */
  readonly slots: Slots;
  readonly performer: CachedPerformer;
}

/**
 * Performs the steps of a plan, each once, as soon as its inputs are there. The first failure aborts the others; solve() rejects with it
 * when all have come to rest, so that nothing of the build runs on.
 */
export async function solve(plan: Plan, options: SolveOptions, signal: AbortSignal): Promise<Outcomes> {
  const outcomes = new Map<StepId, Outcome>();
  const running = new Map<StepId, Promise<void>>();
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  const start = async (step: Step): Promise<void> => {
    await Promise.all(inputsOf(step).flatMap((id) => running.get(id) ?? []));
    either.throwIfAborted();
    outcomes.set(step.id, await perform(step, outcomes, options, either));
  };
  for (const step of plan.steps) {
    const { id, name, at } = step;
    options.report({ type: "step", id, name, at, inputs: inputsOf(step) });
  }
  for (const step of plan.steps) {
    const work = start(step);
    // Steps that wait for this one fail with its error; the abort reason keeps the first.
    work.catch((error: unknown) => failed.abort(error));
    running.set(step.id, work);
  }
  await Promise.allSettled(running.values());
  either.throwIfAborted();
  return outcomes;
}

async function perform(
  step: Step,
  outcomes: Outcomes,
  options: SolveOptions,
  signal: AbortSignal,
): Promise<Outcome> {
  const { report, clock } = options;
  const { id } = step;
  if (step.kind === "image") {
    report({ type: "started", id, time: clock() });
    report({ type: "finished", id, time: clock(), cached: true, result: step.image.id });
    return { layers: step.image.layers };
  }
  let started = false;
  let performing = 0;
  const begin = (): void => {
    if (!started) report({ type: "started", id, time: clock() });
    started = true;
  };
  try {
    const operation = options.operation(step, outcomes);
    const slotted: Operation = {
      ...operation,
      perform: (abort) =>
        options.slots.run(() => {
          abort.throwIfAborted();
          begin();
          performing = monotonicMs();
          return operation.perform(abort);
        }),
    };
    const done = await options.performer.run(slotted, {
      ...options,
      noCache: options.noCache || step.uncached === true,
      cost: () => monotonicMs() - performing,
      parents: parentsOf(step, outcomes),
      signal,
    });
    // Another build may have performed it, and made a claim for itself.
    options.claim(done.layer.diffId);
    options.done(step, done);
    begin();
    report({ type: "finished", id, time: clock(), cached: done.cached, result: done.layer.diffId });
    const below = layersOf(outcomes, step.parent);
    return {
      layers: onto(below, done.layer.diffId),
      created: done.created,
      cached: done.cached,
      key: done.key,
    };
  } catch (error) {
    const explained = signal.aborted ? error : await options.explain(error, step, outcomes);
    begin();
    report({ type: "finished", id, time: clock(), cached: false, error: errorText(explained) });
    throw explained;
  }
}

/** The topmost layers of what a step was made of. */
const parentsOf = (step: Step, outcomes: Outcomes): readonly Digest[] => [
  ...new Set(inputsOf(step).flatMap((id) => layersOf(outcomes, id).at(-1) ?? [])),
];

const errorText = (error: unknown): string => describeError(error).split("\n", 1)[0] ?? "";
