import { describeError } from "../../core/errors.ts";
import type { BuildEvent } from "../../engine/api.ts";

const REPORT_BYTES = 1 << 20;

/** How a transfer is shown. */
export interface TransferTitle {
  readonly id: string;
  readonly name: string;
  /** What goes on in it: "transferring context:". */
  readonly moving: string;
}

/** Does work that brings something from the client, or to it, and shows it like a step of the build. */
export async function transferStep<T>(
  { id, name, moving }: TransferTitle,
  report: (event: BuildEvent) => void,
  work: (progress: (bytes: number) => void) => Promise<T>,
): Promise<T> {
  let done = 0;
  let shown = 0;
  const show = (total: number | undefined): void =>
    report({
      type: "status",
      id,
      name: moving,
      done,
      time: Date.now(),
      ...(total === undefined ? {} : { total }),
    });
  const finish = (error?: unknown): void =>
    report({
      type: "finished",
      id,
      time: Date.now(),
      cached: false,
      ...(error === undefined ? {} : { error: describeError(error) }),
    });
  report({ type: "step", id, name });
  report({ type: "started", id, time: Date.now() });
  try {
    const result = await work((bytes) => {
      done = bytes;
      if (done - shown < REPORT_BYTES) return;
      shown = done;
      show(undefined);
    });
    show(done);
    finish();
    return result;
  } catch (error) {
    finish(error);
    throw error;
  }
}
