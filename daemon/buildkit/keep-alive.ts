import { EMPTY } from "../../wire/buildkit/session.ts";
import type { Session } from "./sessions.ts";

const CHECK = "/grpc.health.v1.Health/Check";
const INTERVAL_MS = 5_000;
const PATIENCE_MS = 15_000;
/** Checks in a row that may fail. */
const TOLERATED = 1;

/** Ends the connection of a session whose client stopped to answer. */
export function keepAlive({ channel, serves }: Session): void {
  if (!serves(CHECK)) return;
  let failures = 0;
  const check = async (): Promise<void> => {
    try {
      const signal = AbortSignal.timeout(PATIENCE_MS);
      await channel.call(CHECK, { request: EMPTY, response: EMPTY }, {}, { signal });
      failures = 0;
    } catch {
      failures += 1;
    }
    if (failures > TOLERATED) channel[Symbol.dispose]();
    else if (!channel.signal.aborted) next();
  };
  const next = (): void => {
    const timer = setTimeout(() => void check(), INTERVAL_MS).unref();
    channel.signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
  };
  next();
}
