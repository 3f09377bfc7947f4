import { isCode } from "../../../core/errors.ts";
import { type Platform, parsePlatform } from "../../../core/platform.ts";
import { quote } from "../characters.ts";
import { type ExpandOptions, type Expansion, expandWord } from "../expand.ts";
import type { From, TypedDockerfile } from "../instructions/types.ts";
import { checkFromArguments, checkFromPlatform } from "../lint/from-rules.ts";
import type { Report } from "../lint/reporter.ts";
import { located, Problem } from "../problem.ts";
import type { NamedContext } from "../resolved.ts";
import { suggest } from "../suggest.ts";
import { checkCircles, StageGraph, type StageNode } from "./graph.ts";

export interface PlanOptions {
  readonly file: string;
  readonly globals: ReadonlyMap<string, string>;
  readonly lexer: ExpandOptions;
  readonly targetPlatform: Platform;
  readonly report: Report;
  readonly contexts: ReadonlyMap<string, NamedContext>;
}

/** Resolves what stages begin with and what they copy from. Throws DOCKERFILE_INVALID. */
export function planStages({ stages, globalArgs }: TypedDockerfile, options: PlanOptions): StageGraph {
  const { file, globals } = options;
  const declared = new Set([
    ...globals.keys(),
    ...globalArgs.flatMap(({ args }) => args.map(({ key }) => key)),
  ]);
  const byName = new Map<string, StageNode>();
  const nodes = stages.map(({ from }, index): StageNode => {
    const { baseName, platform } = located({ file, lines: from.lines }, () =>
      expandFrom(from, declared, options),
    );
    const name = from.name || `stage-${index}`;
    // A build context of that name goes before a stage.
    const base = options.contexts.has(baseName.toLowerCase()) ? undefined : byName.get(baseName);
    const node = { index, from, baseName, platform, base, name, commands: [] };
    if (from.name !== "") byName.set(from.name, node);
    return node;
  });
  const graph = new StageGraph(nodes, options);
  for (const [index, { commands }] of stages.entries()) {
    const node = nodes[index];
    if (node === undefined) continue;
    node.commands = commands.map((command) =>
      located({ file, lines: command.lines }, () => graph.link(command)),
    );
  }
  checkCircles(graph);
  return graph;
}

function expandFrom(
  from: From,
  declared: ReadonlySet<string>,
  { globals, lexer, report }: PlanOptions,
): Pick<StageNode, "baseName" | "platform"> {
  const base = expandWord(from.base, globals, lexer);
  checkFromArguments(from, base, declared, report);
  if (base.text === "") throw new Problem(`base name (${from.base}) should not be blank`);
  if (from.platform === "") return { baseName: base.text, platform: undefined };
  const platform = expandWord(from.platform, globals, lexer);
  checkFromArguments(from, platform, declared, report);
  checkFromPlatform(from, platform, globals, report);
  return { baseName: base.text, platform: platformOf(from.platform, platform, globals) };
}

function platformOf(
  written: string,
  { text, unmatched }: Expansion,
  globals: ReadonlyMap<string, string>,
): Platform {
  const near = Array.from(unmatched, (name) => suggest(name, globals.keys(), { caseSensitive: true })).find(
    (name) => name !== undefined,
  );
  const hint = near === undefined ? "" : ` (did you mean ${near}?)`;
  if (text === "") throw new Problem(`empty platform value from expression ${written}${hint}`);
  try {
    return parsePlatform(text);
  } catch (error) {
    if (!isCode(error, "PLATFORM_INVALID")) throw error;
    throw new Problem(`failed to parse platform ${written}: ${whyNoPlatform(text)}${hint}`);
  }
}

const COMPONENT = "^[A-Za-z0-9_.-]+$";

function whyNoPlatform(text: string): string {
  const wrong = text.split("/").find((part) => !new RegExp(COMPONENT).test(part));
  if (wrong === undefined) return `${quote(text)}: cannot parse platform specifier: invalid argument`;
  return `${quote(wrong)} is an invalid component of ${quote(text)}: platform specifier component must match ${quote(COMPONENT)}: invalid argument`;
}
