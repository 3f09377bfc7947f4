import { Failure } from "../../core/errors.ts";
import { defineCommand } from "../command.ts";
import { print } from "../context.ts";
import { interruptible } from "../signals.ts";

const HOUR_MS = 3_600_000;

export const registryServe = defineCommand({
  usage: "[OPTIONS]",
  flags: {
    addr: { kind: "string", default: ":5000", help: "Address to listen on, as host:port or :port" },
    data: {
      kind: "string",
      help: "Directory of its own to keep the registry in, instead of the engine's store",
    },
    anonymous: { kind: "bool", help: "Let other machines push, pull and delete without a password" },
    sparse: { kind: "bool", help: "Take image manifests before the blobs they name" },
    "access-log": { kind: "bool", help: "Print one JSON line per request" },
    "gc-interval": {
      kind: "duration",
      default: HOUR_MS,
      help: "How often garbage is collected; 0 for never",
    },
    "gc-grace": { kind: "duration", default: HOUR_MS, help: "How old garbage must be" },
    "max-uploads": { kind: "int", default: 256, help: "How many uploads may run at the same time" },
  },
  args: { min: 0, max: 0 },
  async run(context, _args, flags) {
    const { registry } = await context.engine();
    using interrupted = interruptible(context);
    const { data, anonymous, sparse } = flags;
    await registry.serve(
      {
        ...parseAddress(flags.addr),
        ...(data === undefined ? {} : { directory: data }),
        ...(flags["access-log"] ? { log: (line: string) => context.stdout.write(line) } : {}),
        anonymous,
        sparse,
        report: (line) => context.stderr.write(`${line}\n`),
        collectEveryMs: flags["gc-interval"],
        graceMs: flags["gc-grace"],
        maxUploads: flags["max-uploads"],
      },
      (address) => void print(context, `Registry listening on ${address}`),
      interrupted.signal,
    );
    return 0;
  },
});

/** "host:port", "[::1]:port", ":port". */
function parseAddress(text: string): { readonly host?: string; readonly port: number } {
  const [, bracketed, name, digits] = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? name ?? "";
  const port = Number(digits);
  if (digits === undefined || port > 65_535)
    throw new Failure("OPTION_INVALID", { option: "--addr", got: text, want: "host:port or :port" });
  return { port, ...(host === "" ? {} : { host }) };
}
