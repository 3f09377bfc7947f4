import type { BuildEvent } from "../../../builder/events.ts";
import type { Digest } from "../../../core/digest.ts";
import type { StepCounts } from "../../build-history-api.ts";

export interface StepProgress {
  readonly id: string;
  readonly name: string;
  readonly file?: string;
  readonly line?: number;
  /** Steps whose results it needs. */
  readonly inputs: readonly string[];
  readonly started?: number;
  readonly finished?: number;
  readonly cached: boolean;
  readonly error?: string;
  readonly result?: Digest;
  readonly outputBytes: number;
}
export interface Warned {
  readonly message: string;
  readonly rule?: string;
  readonly line?: number;
}

const MAX_WARNINGS = 1000;

/** A build as its events tell it. */
export class Progress {
  readonly #steps = new Map<string, StepProgress>();
  readonly #warnings: Warned[] = [];
  #image: Digest | undefined;

  apply(event: BuildEvent): void {
    if (event.type === "warning") this.#warn(event);
    if (event.type === "result") this.#image = event.image;
    if (event.type === "step") {
      const { id, name, at, inputs = [] } = event;
      this.#put(id, { name, inputs, ...(at === undefined ? {} : { file: at.file, line: at.line }) });
    }
    if (event.type === "started") this.#put(event.id, { started: event.time });
    if (event.type === "output")
      this.#put(event.id, { outputBytes: this.#of(event.id).outputBytes + event.data.byteLength });
    if (event.type === "finished") {
      const { id, time, cached, error, result } = event;
      const rest = { ...(error === undefined ? {} : { error }), ...(result === undefined ? {} : { result }) };
      this.#put(id, { finished: time, cached, ...rest });
    }
  }

  get steps(): readonly StepProgress[] {
    return [...this.#steps.values()];
  }
  get warnings(): readonly Warned[] {
    return this.#warnings;
  }
  get image(): Digest | undefined {
    return this.#image;
  }
  get counts(): StepCounts {
    const done = this.steps.filter(({ finished }) => finished !== undefined);
    return {
      total: this.#steps.size,
      completed: done.length,
      cached: done.filter(({ cached }) => cached).length,
    };
  }

  #warn({ message, rule, at }: Extract<BuildEvent, { readonly type: "warning" }>): void {
    if (this.#warnings.length >= MAX_WARNINGS) return;
    this.#warnings.push({
      message,
      ...(rule === undefined ? {} : { rule }),
      ...(at === undefined ? {} : { line: at.line }),
    });
  }

  #of(id: string): StepProgress {
    return this.#steps.get(id) ?? { id, name: id, inputs: [], cached: false, outputBytes: 0 };
  }

  #put(id: string, change: Partial<StepProgress>): void {
    this.#steps.set(id, { ...this.#of(id), ...change });
  }
}
