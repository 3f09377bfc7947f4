import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { Failure } from "../core/errors.ts";
import { type Context, write } from "./context.ts";

/** Asks for a line on the terminal; a secret one is not shown. Rejects with LOGIN_TERMINAL_REQUIRED where there is no terminal. */
export async function ask(context: Context, question: string, secret = false): Promise<string> {
  if (context.stdin().isTTY !== true) throw new Failure("LOGIN_TERMINAL_REQUIRED", {});
  await write(context.stderr, question);
  // Without `terminal` readline writes nothing itself, and what it would echo of a secret goes nowhere.
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({
    input: context.stdin(),
    output: silent,
    terminal: secret,
  });
  const interrupted = new Promise<never>((_resolve, reject) => {
    lines.once("SIGINT", () => reject(new Failure("CANCELLED", { what: "login" })));
    lines.once("close", () => reject(new Failure("CANCELLED", { what: "login" })));
  });
  try {
    return (await Promise.race([lines.question(""), interrupted])).trim();
  } finally {
    lines.close();
    if (secret) await write(context.stderr, "\n");
  }
}
