import type { InstructionNode } from "../ast.ts";
import { chomp, heredocOf } from "../heredoc.ts";
import { Problem } from "../problem.ts";
import { readFlags } from "./flags.ts";
import type { Add, Copy, InlineSource } from "./types.ts";

type Own<T> = Omit<T, "keyword" | "code" | "lines" | "comments">;
interface Paths {
  readonly sources: readonly string[];
  readonly inline: readonly InlineSource[];
  readonly destination: string;
}

const ADD_FLAGS = {
  chown: "string",
  chmod: "string",
  link: "bool",
  "keep-git-dir": "bool",
  checksum: "string",
  unpack: "bool",
  exclude: "strings",
} as const;
const COPY_FLAGS = {
  chown: "string",
  from: "string",
  chmod: "string",
  link: "bool",
  exclude: "strings",
  parents: "bool",
} as const;

function checkCount(args: readonly string[], keyword: string): void {
  if (args.length >= 2) return;
  throw new Problem(
    `${keyword} requires at least two arguments, but only one was provided. Destination could not be determined`,
  );
}

/** Sorts the arguments into paths and here-documents. */
function paths({ args, heredocs }: InstructionNode, keyword: string): Paths {
  const destination = args.at(-1) ?? "";
  if (heredocOf(destination) !== undefined) {
    throw new Problem(`${keyword} cannot accept a heredoc as a destination`);
  }
  const contents = new Map(heredocs.map(({ name, content }) => [name, content]));
  const sources: string[] = [];
  const inline: InlineSource[] = [];
  for (const word of args.slice(0, -1)) {
    const heredoc = heredocOf(word);
    if (heredoc === undefined) {
      sources.push(word);
      continue;
    }
    const content = contents.get(heredoc.name) ?? "";
    inline.push({
      name: heredoc.name,
      content: heredoc.chomp ? chomp(content) : content,
      expand: heredoc.expand,
    });
  }
  return { sources, inline, destination };
}

export function readAdd(node: InstructionNode): Own<Add> {
  checkCount(node.args, "ADD");
  const flags = readFlags(node.flags, ADD_FLAGS);
  return {
    kind: "ADD",
    ...paths(node, "ADD"),
    chown: flags.chown ?? "",
    chmod: flags.chmod ?? "",
    link: flags.link ?? false,
    exclude: flags.exclude,
    keepGitDir: flags["keep-git-dir"],
    checksum: flags.checksum ?? "",
    unpack: flags.unpack,
  };
}

export function readCopy(node: InstructionNode): Own<Copy> {
  checkCount(node.args, "COPY");
  const flags = readFlags(node.flags, COPY_FLAGS);
  return {
    kind: "COPY",
    ...paths(node, "COPY"),
    from: flags.from ?? "",
    chown: flags.chown ?? "",
    chmod: flags.chmod ?? "",
    link: flags.link ?? false,
    exclude: flags.exclude,
    parents: flags.parents ?? false,
  };
}
