import type { InstructionNode, ParsedDockerfile } from "../ast.ts";
import type { From, TypedDockerfile } from "../instructions/types.ts";
import type { Report, Spot } from "./reporter.ts";

// Rules that look at the file as it is written.

const isLower = (text: string): boolean => text === text.toLowerCase();
const isUpper = (text: string): boolean => text === text.toUpperCase();

type NodeRule = (node: InstructionNode, report: Report) => void;
const ofKeyword =
  (keyword: string, rule: NodeRule): NodeRule =>
  (node, report) => {
    if (node.keyword.toLowerCase() === keyword) rule(node, report);
  };

const stageNameCasing = ofKeyword("from", (node, report) => {
  const [, , name, ...others] = node.args;
  if (name !== undefined && others.length === 0 && !isLower(name)) report("StageNameCasing", node, name);
});

const fromAsCasing = ofKeyword("from", (node, report) => {
  const [, as = "", name] = node.args;
  const { keyword } = node;
  if (name === undefined || (!isLower(keyword) && !isUpper(keyword))) return;
  if (!(isLower(keyword) ? isLower : isUpper)(as)) report("FromAsCasing", node, keyword, as);
});

const maintainerDeprecated = ofKeyword("maintainer", (node, report) => report("MaintainerDeprecated", node));

/** The comment directly above a definition should begin with the name it defines. */
const invalidDefinitionDescription: NodeRule = (node, report) => {
  const keyword = node.keyword.toUpperCase();
  const names = definedBy(keyword, node.args);
  const word = node.comments.at(-1)?.split(" ", 1)[0];
  const [first] = names;
  if (first === undefined || word === undefined || names.includes(word)) return;
  report("InvalidDefinitionDescription", node, keyword, names.length > 1 ? "<arg_key>" : first);
};

function definedBy(keyword: string, args: readonly string[]): readonly string[] {
  if (keyword === "ARG") return args.map((arg) => arg.split("=", 1)[0] ?? "");
  return keyword === "FROM" && args[2] !== undefined ? [args[2].toLowerCase()] : [];
}

const NODE_RULES: readonly NodeRule[] = [
  maintainerDeprecated,
  stageNameCasing,
  fromAsCasing,
  invalidDefinitionDescription,
];

const RESERVED = new Set(["context", "scratch"]);

function stageNames(stages: readonly From[], report: Report): void {
  const seen = new Set<string>();
  for (const from of stages) {
    if (from.name === "") continue;
    if (RESERVED.has(from.name)) report("ReservedStageName", from, from.name);
    if (seen.has(from.name)) report("DuplicateStageName", from, from.name);
    seen.add(from.name);
  }
}

/** Keywords should all be written in the case that most of them have. */
function consistentCasing({ stages }: TypedDockerfile, report: Report): void {
  const all: readonly (Spot & { readonly keyword: string })[] = stages.flatMap(({ from, commands }) => [
    from,
    ...commands,
  ]);
  const lower = all.filter(({ keyword }) => isLower(keyword)).length;
  const upper = all.filter(({ keyword }) => !isLower(keyword) && isUpper(keyword)).length;
  const [fits, name] = lower > upper ? [isLower, "lowercase"] : [isUpper, "uppercase"];
  for (const { keyword, lines } of all) {
    // Only the configuration of the whole file counts here.
    if (!fits(keyword)) report("ConsistentInstructionCasing", { lines, comments: [] }, keyword, name);
  }
}

export function checkContinuations({ emptyContinuations }: ParsedDockerfile, report: Report): void {
  for (const line of emptyContinuations) {
    report("NoEmptyContinuation", { lines: { first: line, last: line }, comments: [] });
  }
}

/** To be called before an instruction gets its meaning: one that is refused has its warnings too. */
export function checkNode(node: InstructionNode, report: Report): void {
  for (const rule of NODE_RULES) rule(node, report);
}

export function checkStages(dockerfile: TypedDockerfile, report: Report): void {
  stageNames(
    dockerfile.stages.map(({ from }) => from),
    report,
  );
  consistentCasing(dockerfile, report);
}
