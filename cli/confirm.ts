import { createInterface } from "node:readline/promises";
import { type Context, write } from "./context.ts";

/** Asks "<warning> Are you sure you want to continue? [y/N]" on standard error; only "y" and "yes" agree. */
export async function confirm(context: Context, warning: string): Promise<boolean> {
  await write(context.stderr, `WARNING! ${warning}\nAre you sure you want to continue? [y/N] `);
  const lines = createInterface({ input: context.stdin() });
  for await (const line of lines) return /^y(es)?$/i.test(line.trim());
  return false;
}
