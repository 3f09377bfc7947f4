import type { Flags, FlagValues } from "../flags.ts";

export const STOP_FLAGS = {
  signal: { kind: "string", short: "s", help: "Signal to send to the container" },
  // docker's name until version 28.
  time: { kind: "int", hidden: true, help: "Seconds to wait before killing the container" },
  timeout: { kind: "int", short: "t", help: "Seconds to wait before killing the container" },
} as const satisfies Flags;

/** A negative time-out waits for ever. */
export function stopOptions(flags: FlagValues<typeof STOP_FLAGS>) {
  const seconds = flags.timeout ?? flags.time;
  return {
    ...(flags.signal === undefined ? {} : { signal: flags.signal }),
    ...(seconds === undefined ? {} : { timeoutMs: seconds * 1000 }),
  };
}
