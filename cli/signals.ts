import { Failure } from "../core/errors.ts";
import type { Context } from "./context.ts";

/**
 * An AbortSignal that signals set, SIGINT, SIGTERM and SIGHUP, as long as it is not disposed: for commands that clean up after themselves.
 * A second signal ends the process at once. The reason of the AbortSignal is CANCELLED: who throws it ends the command as errors.ts says.
 */
export function interruptible(
  context: Context,
  names: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP"],
): Disposable & { readonly signal: AbortSignal } {
  const controller = new AbortController();
  const dispose = () => {
    for (const name of names) context.signals.off(name, listener);
  };
  const listener = () => {
    dispose();
    controller.abort(new Failure("CANCELLED", { what: "the command" }));
  };
  for (const name of names) context.signals.on(name, listener);
  return { signal: controller.signal, [Symbol.dispose]: dispose };
}
