import type { Context } from "./context.ts";

/**
 * An AbortSignal that SIGINT, SIGTERM and SIGHUP set, as long as it is not disposed: for commands that clean up after themselves.
 * A second signal ends the process at once.
 */
export function interruptible(context: Context): Disposable & { readonly signal: AbortSignal } {
  const controller = new AbortController();
  const names = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
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
