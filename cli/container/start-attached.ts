import type { ContainerService, Engine } from "../../engine/api.ts";
import { type Context, warn } from "../context.ts";
import { runSession, type SessionOptions } from "./session.ts";
import { proxySignals } from "./signal-proxy.ts";

export interface StartOptions extends SessionOptions {
  readonly autoRemove: boolean;
  readonly proxySignals: boolean;
}

/**
 * Starts a container in the foreground. Attaches and waits before the start, so that neither output nor the end can be missed.
 * Resolves with the process's exit code, or 0 when the user detached.
 */
export async function startAttached(
  context: Context,
  { containers }: Engine,
  id: string,
  options: StartOptions,
): Promise<number> {
  await using attachment = await containers.attach(id, { stdin: options.streams.stdin });
  const ended = containers.wait(id, options.autoRemove ? "removed" : "next-exit");
  // Awaited below; a start that fails first must not leave its rejection unhandled.
  ended.catch(() => undefined);
  using _proxy = options.proxySignals
    ? proxySignals(context, (signal) => containers.kill(id, signal))
    : undefined;
  await startWarning(context, containers, id);
  const outcome = await runSession(context, attachment, options);
  return outcome === "detached" ? 0 : (await ended).exitCode;
}

/** Starts a container and prints what this host could not do for it. */
export async function startWarning(
  context: Context,
  containers: ContainerService,
  id: string,
): Promise<void> {
  for (const warning of await containers.start(id)) await warn(context, `WARNING: ${warning}`);
}
