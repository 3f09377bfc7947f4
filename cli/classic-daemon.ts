import { type Flags, parseFlags } from "./flags.ts";

const SPELLINGS: readonly string[] = ["-d", "--daemon"];
/** Global flags that say where to serve when they stand before -d. */
const OF_DAEMON: readonly string[] = ["host", "tls", "tlscacert", "tlscert", "tlskey", "tlsverify"];

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
  const isOfDaemon = (name: string): boolean => OF_DAEMON.includes(name);
  const written = Object.entries(values).map(([name, value]) => ({ name, words: spell(name, value) }));
  return [
    ...written.filter(({ name }) => !isOfDaemon(name)),
    { words: ["daemon"] },
    ...written.filter(({ name }) => isOfDaemon(name) || name === "debug"),
    { words: argv.slice(at + 1) },
  ].flatMap(({ words }) => words);
}

/** A flag as it would be given. */
const spell = (name: string, value: unknown): readonly string[] => {
  if (value === true) return [`--${name}`];
  if (typeof value === "string") return [`--${name}=${value}`];
  return Array.isArray(value) ? value.map((each) => `--${name}=${each}`) : [];
};
