import { appendFileSync } from "node:fs";
import { resolve } from "node:path";
import { describeError, Failure } from "../../core/errors.ts";
import type { Context } from "../context.ts";
import type { FlagValues } from "../flags.ts";

/** Flags that say where a registry's logs go. */
export const LOG_FLAGS = {
  "access-log": { kind: "bool", help: "Print one JSON line per request" },
  "audit-log": {
    kind: "string",
    type: "file",
    default: "-",
    help: "Where one JSON line per write and refusal goes; - is standard output, none is nowhere",
  },
} as const;

export type Write = (line: string) => void;

/** Throws FILE_UNSUITABLE for a file that cannot be written. */
export function logsOf(
  context: Context,
  flags: FlagValues<typeof LOG_FLAGS>,
): { readonly log?: Write; readonly audit?: Write } {
  const print: Write = (line) => context.stdout.write(line);
  const target = flags["audit-log"];
  return {
    ...(flags["access-log"] ? { log: print } : {}),
    ...(target === "none" ? {} : { audit: target === "-" ? print : appending(context, target) }),
  };
}

/** Each line opens the file, so that it may be rotated by renaming it; it is written before anything else is served. */
function appending(context: Context, name: string): Write {
  const path = resolve(context.cwd, name);
  const append = (line: string): void => appendFileSync(path, line, { mode: 0o600 });
  try {
    append("");
  } catch (cause) {
    throw new Failure("FILE_UNSUITABLE", { path, want: "a file to append to" }, { cause });
  }
  let failed = false;
  return (line) => {
    try {
      append(line);
      failed = false;
    } catch (error) {
      // A full disk says so once, and loses no line: it goes where all of them would go without a file.
      if (!failed) context.stderr.write(`${path}: ${describeError(error)}\n`);
      failed = true;
      context.stdout.write(line);
    }
  };
}
