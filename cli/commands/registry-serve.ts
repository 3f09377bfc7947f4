import { resolve } from "node:path";
import { Failure } from "../../core/errors.ts";
import type { RegistryAddress } from "../../engine/api.ts";
import { defineCommand } from "../command.ts";
import type { Context } from "../context.ts";
import { LOG_FLAGS, logsOf } from "../registry/logs.ts";
import { PROXY_FLAGS, proxiesOf } from "../registry/proxy.ts";
import { announce, TLS_FLAGS, tlsOf } from "../registry/tls.ts";
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
    "anonymous-pull": {
      kind: "list",
      type: "glob",
      help: "Repositories that anybody may pull without a password, as team/* or **",
    },
    htpasswd: { kind: "string", type: "file", help: "Users and bcrypt hashes, instead of 'registry user'" },
    policy: { kind: "string", type: "file", help: "Who may do what, instead of 'registry policy'" },
    ...TLS_FLAGS,
    "plain-http": { kind: "bool", help: "Let passwords cross the network without TLS" },
    "external-url": {
      kind: "string",
      type: "url",
      help: "How clients reach the registry when a proxy in front ends TLS",
    },
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
    const { data, anonymous, sparse } = flags;
    const externalUrl = parseUrl(flags["external-url"]);
    const tls = tlsOf(context, flags);
    const metrics = flags["metrics-addr"];
    await registry.serve(
      {
        ...parseAddress("--addr", flags.addr),
        ...(data === undefined ? {} : { directory: data }),
        ...logsOf(context, flags),
        ...filesOf(context, flags),
        ...(metrics === undefined ? {} : { metrics: parseAddress("--metrics-addr", metrics) }),
        ...proxiesOf(flags),
        anonymous,
        anonymousPull: flags["anonymous-pull"],
        ...(tls === undefined ? {} : { tls }),
        plainHttp: flags["plain-http"],
        ...(externalUrl === undefined ? {} : { externalUrl }),
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

function parseUrl(text: string | undefined): string | undefined {
  if (text === undefined || /^https?:\/\/[A-Za-z0-9.:[\]-]+\/?$/.test(text)) return text;
  throw new Failure("OPTION_INVALID", { option: "--external-url", got: text, want: "https://host[:port]" });
}

/** "host:port", "[::1]:port", ":port". */
function parseAddress(option: string, text: string): RegistryAddress {
  const [, bracketed, name, digits] = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? name ?? "";
  const port = Number(digits);
  if (digits === undefined || port > 65_535)
    throw new Failure("OPTION_INVALID", { option, got: text, want: "host:port or :port" });
  return { port, ...(host === "" ? {} : { host }) };
}
