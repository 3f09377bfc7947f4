import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Ledger } from "./ledger.ts";
import { pullTag } from "./pull-tag.ts";
import { commandOf, type Place, type Served } from "./served.ts";
import { Wire } from "./wire.ts";

/** Pulls every tag that was acknowledged; what is wrong goes into the ledger. */
export async function pullAll({ url }: Served, ledger: Ledger): Promise<number> {
  using wire = new Wire(url);
  const tags = ledger.settled();
  for (const entry of tags) await pullTag(wire, ledger, entry);
  return tags.length;
}

/** Runs a command on the place; its last line. What it says when it fails goes into the ledger. */
export async function runCommand(place: Place, ledger: Ledger, ...args: readonly string[]): Promise<string> {
  const [program = "", ...rest] = commandOf(place, ...args);
  try {
    const { stdout } = await promisify(execFile)(program, rest, { maxBuffer: 64 << 20 });
    return stdout.trim().split("\n").at(-1) ?? "";
  } catch (error) {
    const { stdout = "", stderr = "" } = error as { readonly stdout?: string; readonly stderr?: string };
    ledger.failures.push(`${args.join(" ")}: ${stdout}${stderr}`);
    return `${args.join(" ")} failed`;
  }
}

/** Looks whether all that was acknowledged is there and whole: by the registry's own scrub, and by pulling, before and after all garbage is gone. */
export async function verifyStopped(
  place: Place,
  ledger: Ledger,
  serveAgain: () => Promise<AsyncDisposable & Served>,
): Promise<readonly string[]> {
  const lines = [await runCommand(place, ledger, "registry", "scrub")];
  lines.push(await runCommand(place, ledger, "registry", "gc", "--delete-untagged", "--grace", "0s"));
  lines.push(await runCommand(place, ledger, "registry", "scrub"));
  if (place.storage === "embedded") {
    // Takes away what a kill left without a row.
    lines.push(await runCommand({ ...place, storage: "embedded" }, ledger, "system", "check"));
  }
  await using served = await serveAgain();
  lines.push(`Pulled ${await pullAll(served, ledger)} acknowledged tags`);
  return lines;
}
