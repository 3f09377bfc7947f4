import { describeError } from "../../core/errors.ts";
import type { BuildEvent } from "../../engine/api.ts";

const REPORT_BYTES = 1 << 20;

/** Does work that brings something from the client, and shows it like a step of the build. */
export async function transferStep<T>(
  title: string,
  report: (event: BuildEvent) => void,
  work: (progress: (bytes: number) => void) => Promise<T>,
): Promise<T> {
  const id = `client ${title}`;
  const name = `transferring ${title.includes("definition") ? "dockerfile" : "context"}:`;
  let done = 0;
  let shown = 0;
  const show = (total: number | undefined): void =>
    report({ type: "status", id, name, done, time: Date.now(), ...(total === undefined ? {} : { total }) });
  const finish = (error?: unknown): void =>
    report({
      type: "finished",
      id,
      time: Date.now(),
      cached: false,
      ...(error === undefined ? {} : { error: describeError(error) }),
    });
  report({ type: "step", id, name: `[internal] ${title}` });
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
