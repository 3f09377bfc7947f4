import type { Command, Env, WrittenPair } from "../instructions/types.ts";

/** Expands one word. Throws a Problem. */
export type Expander = (word: string) => string;
export interface Expanders {
  readonly word: Expander;
  /** For the content of files, in which quotes mean nothing. */
  readonly content: Expander;
}

const pairs = (list: readonly WrittenPair[], { word }: Expanders): Env["pairs"] =>
  list.map(({ key, value, legacy }) => ({ key: word(key), value: word(value), legacy }));

type Of<K extends Command["kind"]> = Extract<Command, { readonly kind: K }>;
type Rule<K extends Command["kind"]> = (instruction: Of<K>, expanders: Expanders) => Of<K>;

const transfer = <T extends Of<"ADD"> | Of<"COPY">>(instruction: T, { word, content }: Expanders): T => ({
  ...instruction,
  chown: word(instruction.chown),
  chmod: word(instruction.chmod),
  ...(instruction.kind === "ADD" && { checksum: word(instruction.checksum) }),
  sources: instruction.sources.map(word),
  destination: word(instruction.destination),
  inline: instruction.inline.map((file) =>
    file.expand ? { ...file, content: content(file.content) } : file,
  ),
});

/**
 * What is expanded, by instruction. RUN's mounts, ARG's defaults and EXPOSE's ports are too, but where they are used:
 * their rules are their own.
 */
const RULES: { readonly [K in Command["kind"]]?: Rule<K> } = {
  ADD: transfer,
  COPY: transfer,
  ENV: (i, expanders) => ({ ...i, pairs: pairs(i.pairs, expanders) }),
  LABEL: (i, expanders) => ({ ...i, pairs: pairs(i.pairs, expanders) }),
  STOPSIGNAL: (i, { word }) => ({ ...i, signal: word(i.signal) }),
  USER: (i, { word }) => ({ ...i, user: word(i.user) }),
  VOLUME: (i, { word }) => ({ ...i, paths: i.paths.map(word) }),
  WORKDIR: (i, { word }) => ({ ...i, path: word(i.path) }),
};

export function expandInstruction(instruction: Command, expanders: Expanders): Command {
  const rule = RULES[instruction.kind] as ((i: Command, e: Expanders) => Command) | undefined;
  return rule === undefined ? instruction : rule(instruction, expanders);
}
