import { type Context, warn } from "../context.ts";

/** What a foreground command passes on. Not SIGCHLD, SIGPIPE, SIGURG and SIGWINCH, which are about ourselves; SIGUSR1 is Node's own. */
const PROXIED = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR2", "SIGCONT", "SIGALRM"] as const;

/** Sends every signal this process gets to `kill` until disposed. */
export function proxySignals(context: Context, kill: (signal: string) => Promise<void>): Disposable {
  const listener = (signal: NodeJS.Signals) => {
    kill(signal).catch((error: unknown) => warn(context, `Error: ${(error as Error).message}`));
  };
  for (const signal of PROXIED) context.signals.on(signal, listener);
  return {
    [Symbol.dispose]: () => {
      for (const signal of PROXIED) context.signals.off(signal, listener);
    },
  };
}
