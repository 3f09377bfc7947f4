import { resolve } from "node:path";
import type { RegistryListening } from "../../engine/api.ts";
import { defineCommand } from "../command.ts";
import { type Context, print } from "../context.ts";
import { parseAddress } from "../registry/address.ts";
import { LOG_FLAGS, logsOf } from "../registry/logs.ts";
import { PROXY_FLAGS, proxiesOf } from "../registry/proxy.ts";
import { REACH_FLAGS, reachOf } from "../registry/reach.ts";
import { trustOf } from "../registry/tls.ts";
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
    htpasswd: { kind: "string", type: "file", help: "Users and bcrypt hashes, instead of 'registry user'" },
    policy: { kind: "string", type: "file", help: "Who may do what, instead of 'registry policy'" },
    ...REACH_FLAGS,
    ...PROXY_FLAGS,
    sparse: { kind: "bool", help: "Take image manifests before the blobs they name" },
    ...LOG_FLAGS,
    "metrics-addr": {
      kind: "string",
      type: "host:port",
      help: "Address to serve /metrics for Prometheus on, without a login, with /healthz and /readyz",
    },
    webhooks: {
      kind: "string",
      type: "file",
      help: "Who is told of pushes, pulls and deletions, instead of those of the state root",
    },
    "gc-interval": {
      kind: "duration",
      default: HOUR_MS,
      help: "How often garbage is collected; 0 for never",
    },
    "gc-grace": { kind: "duration", default: HOUR_MS, help: "How old garbage must be" },
    retention: {
      kind: "string",
      type: "file",
      help: "Rules of retention that collection follows, instead of those of the state root",
    },
    "max-uploads": { kind: "int", default: 256, help: "How many uploads may run at the same time" },
  },
  args: { min: 0, max: 0 },
  async run(context, _args, flags) {
    const { registry } = await context.engine();
    using interrupted = interruptible(context);
    const { data, sparse } = flags;
    const metrics = flags["metrics-addr"];
    await registry.serve(
      {
        ...parseAddress("--addr", flags.addr),
        ...(data === undefined ? {} : { directory: data }),
        ...logsOf(context, flags),
        ...filesOf(context, flags),
        ...(metrics === undefined ? {} : { metrics: parseAddress("--metrics-addr", metrics) }),
        ...proxiesOf(flags),
        ...reachOf({ cwd: context.cwd, flags, flagPrefix: "" }),
        sparse,
        report: (line) => context.stderr.write(`${line}\n`),
        collectEveryMs: flags["gc-interval"],
        graceMs: flags["gc-grace"],
        maxUploads: flags["max-uploads"],
      },
      (listening) => void announce(context, listening),
      interrupted.signal,
    );
    return 0;
  },
});

const FILES = ["htpasswd", "policy", "webhooks", "retention"] as const;
type Files = { readonly [K in (typeof FILES)[number]]?: string | undefined };

/** Paths of the files that were named. */
const filesOf = ({ cwd }: Context, flags: Files): { readonly [K in keyof Files]?: string } =>
  Object.fromEntries(
    FILES.flatMap((name) => {
      const path = flags[name];
      return path === undefined ? [] : [[name, resolve(cwd, path)]];
    }),
  );

/** Says where the registry is, and who else has to know its authority. */
async function announce(context: Context, listening: RegistryListening): Promise<void> {
  await print(context, `Registry listening on ${listening.address}`);
  const trust = trustOf(listening);
  if (trust !== undefined) await print(context, trust);
}
