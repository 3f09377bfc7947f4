import type { Context } from "./context.ts";

/**
 * An AbortSignal that signals set, SIGINT, SIGTERM and SIGHUP, as long as it is not disposed: for commands that clean up after themselves.
 * A second signal ends the process at once.
 */
export function interruptible(
  context: Context,
  names: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP"],
): Disposable & { readonly signal: AbortSignal } {
  const controller = new AbortController();
  const dispose = () => {
    for (const name of names) context.signals.off(name, listener);
  };
  const listener = (name: NodeJS.Signals) => {
    dispose();
    controller.abort(name);
  };
  for (const name of names) context.signals.on(name, listener);
  return { signal: controller.signal, [Symbol.dispose]: dispose };
}
