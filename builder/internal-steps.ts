import type { BuildEvent } from "./events.ts";

/** Tells how many bytes were handled, and how: "restored". */
export type Tell = (what: string, bytes: number) => void;

/** Work that is no step of a plan, but shown like one: "[internal] load build context". */
export class InternalSteps {
  readonly #report: (event: BuildEvent) => void;
  readonly #clock: () => number;
  #count = 0;

  constructor(report: (event: BuildEvent) => void, clock: () => number) {
    this.#report = report;
    this.#clock = clock;
  }

  async run<T>(name: string, work: (tell: Tell) => Promise<T>): Promise<T> {
    const id = `internal.${this.#count++}`;
    const finish = (error?: string): void =>
      this.#report({
        type: "finished",
        id,
        time: this.#clock(),
        cached: false,
        ...(error === undefined ? {} : { error }),
      });
    this.#report({ type: "step", id, name });
    this.#report({ type: "started", id, time: this.#clock() });
    const tell: Tell = (what, bytes) =>
      this.#report({ type: "status", id, name: what, done: bytes, total: bytes, time: this.#clock() });
    try {
      const result = await work(tell);
      finish();
      return result;
    } catch (error) {
      finish(error instanceof Error ? error.message : String(error));
      throw error;
    }
  }
}
