/** Steps that take back a half-done work, run last first unless keep() was called. */
export class Undo implements AsyncDisposable {
  readonly #steps: (() => unknown)[] = [];

  add(step: () => unknown): void {
    this.#steps.unshift(step);
  }

  /** Call when the work succeeded: nothing is undone. */
  keep(): void {
    this.#steps.length = 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const step of this.#steps.splice(0)) await step();
  }
}
