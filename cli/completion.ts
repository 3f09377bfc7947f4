import type { Command } from "./command.ts";
import type { Flags } from "./flags.ts";
import { GROUPS } from "./groups.ts";

/** What a completion script needs to know of a command. */
export interface Completable {
  readonly names: readonly string[];
  readonly summary: string;
  readonly flags: Flags;
  readonly completes: Command["completes"] | undefined;
}

/** How to list the names an argument may take; files are the shell's own business. */
const LISTS: Readonly<Record<Exclude<NonNullable<Command["completes"]>, "file">, string>> = {
  container: "ps -a --format '{{.Names}}'",
  image: "images --format '{{.Repository}}:{{.Tag}}'",
  volume: "volume ls -q",
  network: "network ls --format '{{.Name}}'",
};

const flagWords = (flags: Flags): string =>
  Object.entries(flags)
    .filter(([, { hidden }]) => hidden !== true)
    .map(([name]) => `--${name}`)
    .join(" ");

const lister = (program: string, { completes }: Completable): string =>
  completes === undefined || completes === "file" ? "" : `${program} ${LISTS[completes]} 2>/dev/null`;

/** One "case" arm for each command; bash and zsh (through bashcompinit) read it alike. */
export function bashCompletion(program: string, commands: readonly Completable[]): string {
  const first = [
    ...new Set([
      ...commands.flatMap(({ names }) => names.map((name) => name.split(" ")[0])),
      ...Object.keys(GROUPS),
    ]),
  ];
  const groups = Object.keys(GROUPS).map((group) => {
    const words = commands.flatMap(({ names }) =>
      names.filter((n) => n.startsWith(`${group} `)).map((n) => n.slice(group.length + 1)),
    );
    return `    ${group}) words="${words.join(" ")}" ;;`;
  });
  const arms = commands.map((command) => {
    const patterns = command.names.map((name) => `"${name}"`).join("|");
    return `    ${patterns}) flags="${flagWords(command.flags)}"; list="${lister(program, command)}" ;;`;
  });
  return `# ${program} completion for bash: source it, or put it into /etc/bash_completion.d/${program}
_${program}() {
  local current="\${COMP_WORDS[COMP_CWORD]}" command="\${COMP_WORDS[1]}" words="" flags="" list=""
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${first.join(" ")}" -- "$current"))
    return
  fi
  case "$command" in
${groups.join("\n")}
  esac
  if [ -n "$words" ] && [ "$COMP_CWORD" -eq 2 ]; then
    COMPREPLY=($(compgen -W "$words" -- "$current"))
    return
  fi
  [ -n "$words" ] && command="$command \${COMP_WORDS[2]}"
  case "$command" in
${arms.join("\n")}
  esac
  case "$current" in
    -*) COMPREPLY=($(compgen -W "$flags" -- "$current")) ;;
    *) if [ -n "$list" ]; then COMPREPLY=($(compgen -W "$(eval "$list")" -- "$current")); else COMPREPLY=($(compgen -f -- "$current")); fi ;;
  esac
}
complete -F _${program} ${program}
`;
}

export const zshCompletion = (program: string, commands: readonly Completable[]): string =>
  `#compdef ${program}\nautoload -U +X bashcompinit && bashcompinit\n${bashCompletion(program, commands)}`;

export function fishCompletion(program: string, commands: readonly Completable[]): string {
  const quote = (text: string) => `'${text.replaceAll("'", "\\'")}'`;
  const lines = commands.flatMap((command) =>
    command.names.flatMap((name) => {
      const [first = "", second] = name.split(" ");
      const seen = `__fish_seen_subcommand_from ${first}${second === undefined ? "" : `; and __fish_seen_subcommand_from ${second}`}`;
      const offer =
        second === undefined
          ? `complete -c ${program} -f -n __fish_use_subcommand -a ${first} -d ${quote(command.summary)}`
          : `complete -c ${program} -f -n '__fish_seen_subcommand_from ${first}' -a ${second} -d ${quote(command.summary)}`;
      const flags = Object.entries(command.flags)
        .filter(([, { hidden }]) => hidden !== true)
        .map(([flag, { short, help, kind }]) =>
          [
            `complete -c ${program} -n '${seen}' -l ${flag}`,
            short === undefined ? "" : ` -s ${short}`,
            kind === "bool" ? "" : " -r",
            ` -d ${quote(help.split("\n")[0] ?? "")}`,
          ].join(""),
        );
      const list = lister(program, command);
      return [
        offer,
        ...flags,
        ...(list === "" ? [] : [`complete -c ${program} -f -n '${seen}' -a "(${list})"`]),
      ];
    }),
  );
  const groups = Object.entries(GROUPS).map(
    ([group, summary]) =>
      `complete -c ${program} -f -n __fish_use_subcommand -a ${group} -d ${quote(summary)}`,
  );
  return `${[...groups, ...lines].join("\n")}\n`;
}
