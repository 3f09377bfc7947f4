import { type Flags, parseFlags } from "./flags.ts";

const SPELLINGS: readonly string[] = ["-d", "--daemon"];

/**
 * Docker's first spelling of its daemon, "docker -H tcp://… -d", as `daemon` with its flags; any other line as it is. Where -d stands after a
 * command it is that command's. Throws FLAG_INVALID.
 */
export function spellDaemon(
  globals: Flags & { readonly debug: { readonly kind: "bool"; readonly help: string } },
  argv: readonly string[],
): readonly string[] {
  const at = argv.findIndex((word) => SPELLINGS.includes(word));
  if (at < 0) return argv;
  const before = argv.slice(0, at);
  const flags = { ...globals, host: { kind: "list", short: "H", help: "Sockets to serve on" } } as const;
  const { values, args } = parseFlags({ flags, interspersed: false }, before);
  if (args.length > 0) return argv;
  const hosts = values.host.flatMap((host) => ["--host", host]);
  return [...before, "daemon", ...hosts, ...(values.debug ? ["--debug"] : []), ...argv.slice(at + 1)];
}
