import { Failure } from "../../core/errors.ts";
import type { BuildEvent } from "../../engine/api.ts";
import { type Context, print } from "../context.ts";

type Explained = Extract<BuildEvent, { readonly type: "explained" }>;

/** What `--explain` prints when the build has ended: a line for each step that was performed, or all of them as JSON. */
export class Explanation {
  readonly #form: string | undefined;
  readonly #steps: Explained[] = [];

  /** Throws OPTION_INVALID. */
  constructor(form: string | undefined) {
    if (form !== undefined && form !== "text" && form !== "json")
      throw new Failure("OPTION_INVALID", { option: "--explain", got: form, want: "text or json" });
    this.#form = form;
  }

  report(event: BuildEvent): void {
    if (event.type === "explained") this.#steps.push(event);
  }

  async print(context: Context): Promise<void> {
    if (this.#form === undefined) return;
    const steps = this.#steps.map(({ name, cause: { kind, part, text } }) => ({
      step: name,
      kind,
      part,
      text,
    }));
    if (this.#form === "json") return print(context, JSON.stringify(steps, undefined, 2));
    if (steps.length === 0) return print(context, "every step was cached");
    for (const { step, text } of steps) await print(context, `${step}: ${text}`);
  }
}
