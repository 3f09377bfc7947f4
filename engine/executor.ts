import type { Executor } from "../builder/ports.ts";
import type { Abortable } from "../core/streams.ts";
import type { SessionRequest, TransientRunner } from "../runtime/transient.ts";
import { once } from "./lazy-service.ts";

/** Runs the steps of builds; the runner is loaded and made for the first of them, as a cached build needs none. */
export class LazyExecutor implements Executor, AsyncDisposable {
  readonly #open: () => Promise<TransientRunner>;
  #runner: TransientRunner | undefined;

  constructor(make: () => Promise<TransientRunner>) {
    this.#open = once(async () => {
      this.#runner = await make();
      return this.#runner;
    });
  }

  run: Executor["run"] = async (request, options) => (await this.#open()).run(request, options);

  /** As TransientRunner.open(). */
  async open(request: SessionRequest, options?: Abortable): ReturnType<TransientRunner["open"]> {
    return (await this.#open()).open(request, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#runner?.[Symbol.asyncDispose]();
  }
}
