import type { Flags, FlagValues } from "../flags.ts";

/** Global flags that name a daemon, as docker's client has them. */
export const CONNECTION_FLAGS = {
  context: {
    kind: "string",
    short: "c",
    help: "Name of the context to use to connect to a daemon (overrides DOCKER_HOST and the current context)",
  },
  host: { kind: "string", short: "H", help: "Daemon to connect to: unix://, tcp:// or ssh://" },
  tls: { kind: "bool", help: "Use TLS; implied by --tlsverify" },
  tlscacert: { kind: "string", type: "file", help: "Trust daemons signed only by this CA" },
  tlscert: { kind: "string", type: "file", help: "Path to TLS certificate file" },
  tlskey: { kind: "string", type: "file", help: "Path to TLS key file" },
  tlsverify: { kind: "bool", help: "Use TLS and verify the daemon" },
} as const satisfies Flags;

/** What the command line says of the daemon to use. */
export type AskedDaemon = Partial<FlagValues<typeof CONNECTION_FLAGS>>;

/** The flags that name a daemon, as they were given. */
export const daemonFlags = (asked: AskedDaemon): readonly string[] =>
  Object.keys(CONNECTION_FLAGS)
    .filter((name) => ![undefined, false, ""].includes(asked[name as keyof AskedDaemon]))
    .map((name) => `--${name}`);
