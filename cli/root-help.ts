import { Failure } from "../core/errors.ts";
import type { Entry } from "./command.ts";
import type { Context } from "./context.ts";
import { GROUPS, groupDepth, groupsIn } from "./groups.ts";
import { listing, nameOf } from "./help.ts";

/** The commands most people come for, in the order of a first session. */
const COMMON = ["build", "run", "exec", "ps", "logs", "commit", "images", "version", "info"];

export function rootHelp({ program, commands }: Context): string {
  const entries = new Map(commands.map((entry) => [nameOf(entry), entry]));
  const row = (name: string): [string, string] => [name, entries.get(name)?.summary ?? ""];
  const others = [...entries.keys()].filter((name) => !name.includes(" ") && !COMMON.includes(name)).sort();
  return [
    `Usage:  ${program} [OPTIONS] COMMAND`,
    "Build images from Dockerfiles and run containers, without a daemon",
    `Common Commands:\n${listing(COMMON.map(row))}`,
    `Management Commands:\n${listing(groupsIn("").map(([name, summary]) => [name, summary]))}`,
    `Commands:\n${listing(others.map(row))}`,
    `Global Options:\n${GLOBAL_OPTIONS}`,
    `Run '${program} COMMAND --help' for more information on a command.`,
  ].join("\n\n");
}

const GLOBAL_OPTIONS = listing([
  ["-c, --context string     ", "Name of the context of the daemon to use (DOCKER_CONTEXT)"],
  ["-d, --daemon             ", "Serve the Docker Engine API, as 'daemon' does"],
  ["-D, --debug              ", "Print where an error came from"],
  [
    "-H, --host string        ",
    "Daemon to use: unix:// or tcp:// (DOCKER_HOST); without one no daemon is needed",
  ],
  ["    --root string        ", "Directory of the state (default /var/lib/slipway; SLIPWAY_ROOT)"],
  ["    --tls                ", "Use TLS; implied by --tlsverify"],
  ["    --tlscacert file     ", "Trust daemons signed only by this CA (default ca.pem in DOCKER_CERT_PATH)"],
  ["    --tlscert file       ", "Path to TLS certificate file"],
  ["    --tlskey file        ", "Path to TLS key file"],
  ["    --tlsverify          ", "Use TLS and verify the daemon (DOCKER_TLS_VERIFY)"],
  ["-v, --version            ", "Print version information and quit"],
]);

export function groupHelp({ program, commands }: Context, group: string): string {
  const members = commands.flatMap((entry) => membersOf(entry, group));
  const inner = groupsIn(group).map(([name, summary]): [string, string] => [name, summary]);
  const rows = [...members, ...inner].sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    `Usage:  ${program} ${group} COMMAND`,
    GROUPS[group] ?? "",
    `Commands:\n${listing(rows)}`,
    `Run '${program} ${group} COMMAND --help' for more information on a command.`,
  ].join("\n\n");
}

/** The first spelling of an entry directly inside a group, without the group's name. */
function membersOf(entry: Entry, group: string): [string, string][] {
  const words = entry.names
    .filter((name) => name.startsWith(`${group} `))
    .map((name) => name.slice(group.length + 1));
  const word = words.find((rest) => !rest.includes(" "));
  return word === undefined ? [] : [[word, entry.summary]];
}

export function unknownCommand({ program }: Context, words: readonly string[]): Failure {
  const depth = groupDepth(words);
  const command = [program, ...words.slice(0, depth + 1)].join(" ");
  const help = [program, ...words.slice(0, depth)].join(" ");
  return new Failure(
    "COMMAND_UNKNOWN",
    { command },
    { hint: `run '${help} --help' for the commands there are` },
  );
}
