import { KEYWORDS } from "../arguments.ts";
import type { InstructionNode } from "../ast.ts";
import { cut, quote, trim } from "../characters.ts";
import { Problem } from "../problem.ts";
import { withSuggestion } from "../suggest.ts";
import { readFlags } from "./flags.ts";
import { readHealthcheck } from "./healthcheck.ts";
import { commandLine, readRun } from "./run.ts";
import { readAdd, readCopy } from "./transfer.ts";
import type { Argument, From, Instruction, Keyword, WrittenPair } from "./types.ts";

type Own<T> = T extends unknown ? Omit<T, "keyword" | "code" | "lines" | "comments"> : never;
type Of<K extends Keyword> = Own<Extract<Instruction, { readonly kind: K }>>;
type Reader<K extends Keyword> = (node: InstructionNode) => Of<K>;

/** Gives a node its meaning. Throws a Problem. */
export function readInstruction(node: InstructionNode): Instruction {
  const kind = node.keyword.toUpperCase();
  if (!isKeyword(kind)) {
    throw new Problem(
      withSuggestion(`unknown instruction: ${node.keyword}`, node.keyword, KEYWORDS, {
        caseSensitive: false,
      }),
    );
  }
  const { keyword, lines, comments } = node;
  const common = { keyword, code: trim(node.original), lines, comments };
  return { ...common, ...READERS[kind](node) } as Instruction;
}

const noFlags = ({ flags }: InstructionNode): void => {
  readFlags(flags, {});
};

function one({ args }: InstructionNode, keyword: Keyword): string {
  const [only] = args;
  if (only === undefined || args.length !== 1) throw new Problem(`${keyword} requires exactly one argument`);
  return only;
}

function some({ args }: InstructionNode, keyword: Keyword): readonly string[] {
  if (args.length === 0) throw new Problem(`${keyword} requires at least one argument`);
  return args;
}

/** The arguments of ENV and LABEL, three by three. */
function pairs(node: InstructionNode, keyword: "ENV" | "LABEL"): readonly WrittenPair[] {
  noFlags(node);
  const args = some(node, keyword);
  return Array.from({ length: args.length / 3 }, (_, i) => {
    const [key = "", value = "", delimiter = ""] = args.slice(3 * i, 3 * i + 3);
    if (key === "") throw new Problem(`${keyword} names can not be blank`);
    return { key, value, legacy: delimiter === "" };
  });
}

/** The comment `# name text` above an instruction. */
function description(comments: readonly string[], name: string): string {
  if (name === "") return "";
  return comments.find((line) => line.startsWith(`${name} `))?.slice(name.length + 1) ?? "";
}

const STAGE_NAME = /^[a-z][a-z0-9-_.]*$/;

function stageName([, as, name]: readonly string[], count: number): string {
  if (count === 3 && as?.toLowerCase() === "as" && name !== undefined) {
    const lower = name.toLowerCase();
    if (STAGE_NAME.test(lower)) return lower;
    throw new Problem(
      `invalid name for build stage: ${quote(name)}, name can't start with a number or contain symbols`,
    );
  }
  if (count !== 1) throw new Problem("FROM requires either one or three arguments");
  return "";
}

function readFrom(node: InstructionNode): Own<From> {
  const name = stageName(node.args, node.args.length);
  const { platform = "" } = readFlags(node.flags, { platform: "string" });
  return {
    kind: "FROM",
    base: node.args[0] ?? "",
    name,
    platform,
    description: description(node.comments, name),
  };
}

function argument(word: string, comments: readonly string[]): Argument {
  const [key, value] = cut(word, "=");
  if (key === "" && value !== undefined) throw new Problem("ARG names can not be blank");
  return { key, value, description: description(comments, key) };
}

const NOT_A_TRIGGER = new Set(["MAINTAINER", "FROM"]);

function readOnbuild(node: InstructionNode): Of<"ONBUILD"> {
  const [first = ""] = some(node, "ONBUILD");
  noFlags(node);
  const trigger = first.toUpperCase();
  if (trigger === "ONBUILD") throw new Problem("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed");
  if (NOT_A_TRIGGER.has(trigger)) throw new Problem(`${trigger} isn't allowed as an ONBUILD trigger`);
  const line = node.original.replace(/^\s*ONBUILD\s*/i, "");
  const contents = node.heredocs.map(({ name, content }) => `\n${content}${name}`);
  return { kind: "ONBUILD", expression: line + contents.join("") };
}

function readShell(node: InstructionNode): Of<"SHELL"> {
  noFlags(node);
  const shell = some(node, "SHELL");
  if (!node.json) throw new Problem("SHELL requires the arguments to be in JSON form");
  return { kind: "SHELL", shell };
}

function readVolume(node: InstructionNode): Of<"VOLUME"> {
  const args = some(node, "VOLUME");
  noFlags(node);
  const paths = args.map(trim);
  if (paths.includes("")) throw new Problem("VOLUME specified can not be an empty string");
  return { kind: "VOLUME", paths };
}

const READERS: { readonly [K in Keyword]: Reader<K> } = {
  ADD: readAdd,
  ARG: (node) => ({ kind: "ARG", args: some(node, "ARG").map((word) => argument(word, node.comments)) }),
  CMD: (node) => {
    noFlags(node);
    return { kind: "CMD", ...commandLine(node) };
  },
  COPY: readCopy,
  ENTRYPOINT: (node) => {
    noFlags(node);
    return { kind: "ENTRYPOINT", ...commandLine(node) };
  },
  ENV: (node) => ({ kind: "ENV", pairs: pairs(node, "ENV") }),
  EXPOSE: (node) => {
    const ports = [...some(node, "EXPOSE")].sort();
    noFlags(node);
    return { kind: "EXPOSE", ports };
  },
  FROM: readFrom,
  HEALTHCHECK: (node) => ({ kind: "HEALTHCHECK", healthcheck: readHealthcheck(node) }),
  LABEL: (node) => ({ kind: "LABEL", pairs: pairs(node, "LABEL") }),
  MAINTAINER: (node) => {
    const name = one(node, "MAINTAINER");
    noFlags(node);
    return { kind: "MAINTAINER", name };
  },
  ONBUILD: readOnbuild,
  RUN: readRun,
  SHELL: readShell,
  STOPSIGNAL: (node) => ({ kind: "STOPSIGNAL", signal: one(node, "STOPSIGNAL") }),
  USER: (node) => {
    const user = one(node, "USER");
    noFlags(node);
    return { kind: "USER", user };
  },
  VOLUME: readVolume,
  WORKDIR: (node) => {
    const path = one(node, "WORKDIR");
    noFlags(node);
    return { kind: "WORKDIR", path };
  },
};

const isKeyword = (text: string): text is Keyword => Object.hasOwn(READERS, text);
