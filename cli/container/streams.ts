import { Failure } from "../../core/errors.ts";
import type { Streams } from "./config.ts";

const NAMES = ["stdin", "stdout", "stderr"] as const;

/** `-a`, else what docker attaches: output always, input with `-i`; nothing with `-d`. */
export function attachedStreams(flags: {
  readonly attach: readonly string[];
  readonly interactive: boolean;
  readonly detach?: boolean;
}): Streams {
  if (flags.detach === true) {
    if (flags.attach.length > 0) throw new Failure("OPTIONS_CONFLICT", { one: "-a", other: "-d" });
    return { stdin: false, stdout: false, stderr: false };
  }
  if (flags.attach.length === 0) return { stdin: flags.interactive, stdout: true, stderr: true };
  const asked = flags.attach.map((name) => name.toLowerCase());
  for (const name of asked) {
    if (!(NAMES as readonly string[]).includes(name))
      throw new Failure("OPTION_INVALID", { option: "--attach", got: name, want: "STDIN, STDOUT or STDERR" });
  }
  return {
    stdin: asked.includes("stdin"),
    stdout: asked.includes("stdout"),
    stderr: asked.includes("stderr"),
  };
}
