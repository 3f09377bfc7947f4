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
  build: "builds ls -q",
  network: "network ls --format '{{.Name}}'",
};

const flagWords = (flags: Flags): string =>
  Object.entries(flags)
    .filter(([, { hidden }]) => hidden !== true)
    .map(([name]) => `--${name}`)
    .join(" ");

const lister = (program: string, { completes }: Completable): string =>
  completes === undefined || completes === "file" ? "" : `${program} ${LISTS[completes]} 2>/dev/null`;

/** The words that may follow a group's name; "" is the top. */
function wordsIn(group: string, commands: readonly Completable[]): readonly string[] {
  const prefix = group === "" ? "" : `${group} `;
  const words = commands.flatMap(({ names }) =>
    names
      .filter((name) => name.startsWith(prefix))
      .map((name) => name.slice(prefix.length).split(" ")[0] ?? ""),
  );
  return [...new Set(words)];
}

/** One "case" arm for each group and command; bash and zsh (through bashcompinit) read it alike. */
export function bashCompletion(program: string, commands: readonly Completable[]): string {
  const groups = Object.keys(GROUPS).map(
    (group) => `      "${group}") words="${wordsIn(group, commands).join(" ")}" ;;`,
  );
  const arms = commands.map((command) => {
    const patterns = command.names.map((name) => `"${name}"`).join("|");
    return `    ${patterns}) flags="${flagWords(command.flags)}"; list="${lister(program, command)}" ;;`;
  });
  return `# ${program} completion for bash: source it, or put it into /etc/bash_completion.d/${program}
_${program}() {
  local current="\${COMP_WORDS[COMP_CWORD]}" command="" words="${wordsIn("", commands).join(" ")}" flags="" list="" at=1
  COMPREPLY=()
  while [ -n "$words" ] && [ "$at" -lt "$COMP_CWORD" ]; do
    command="\${command:+$command }\${COMP_WORDS[at]}" words="" at=$((at + 1))
    case "$command" in
${groups.join("\n")}
    esac
  done
  if [ -n "$words" ]; then
    COMPREPLY=($(compgen -W "$words" -- "$current"))
    return
  fi
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

const seenWords = (words: readonly string[]): string =>
  words.map((word) => `__fish_seen_subcommand_from ${word}`).join("; and ");

/** Offers the last word of a name where the others have been typed. */
function offered(program: string, name: string, summary: string): string {
  const words = name.split(" ");
  const before = words.slice(0, -1);
  const condition = before.length === 0 ? "__fish_use_subcommand" : `'${seenWords(before)}'`;
  return `complete -c ${program} -f -n ${condition} -a ${words.at(-1)} -d ${summary}`;
}

export function fishCompletion(program: string, commands: readonly Completable[]): string {
  const quote = (text: string) => `'${text.replaceAll("'", "\\'")}'`;
  const lines = commands.flatMap((command) =>
    command.names.flatMap((name) => {
      const seen = seenWords(name.split(" "));
      const offer = offered(program, name, quote(command.summary));
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
  const groups = Object.entries(GROUPS).map(([group, summary]) => offered(program, group, quote(summary)));
  return `${[...groups, ...lines].join("\n")}\n`;
}
