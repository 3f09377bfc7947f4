import type { Executor } from "../builder/ports.ts";
import type { Abortable } from "../core/streams.ts";
import type { SessionRequest, TransientRunner } from "../runtime/transient.ts";

/** Runs the steps of builds; the runner is made for the first of them, as a cached build needs none. */
export class LazyExecutor implements Executor, AsyncDisposable {
  readonly #make: () => TransientRunner;
  #runner: TransientRunner | undefined;

  constructor(make: () => TransientRunner) {
    this.#make = make;
  }

  run: Executor["run"] = (request, options) => {
    this.#runner ??= this.#make();
    return this.#runner.run(request, options);
  };

  /** As TransientRunner.open(). */
  open(request: SessionRequest, options?: Abortable): ReturnType<TransientRunner["open"]> {
    this.#runner ??= this.#make();
    return this.#runner.open(request, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#runner?.[Symbol.asyncDispose]();
  }
}
