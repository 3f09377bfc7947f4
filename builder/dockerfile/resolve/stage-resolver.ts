import { cleanPath } from "../../context/patterns.ts";
import { quote } from "../characters.ts";
import { type ExpandOptions, expandWord } from "../expand.ts";
import { parseMount } from "../instructions/mount.ts";
import type { Command } from "../instructions/types.ts";
import { type Applied, checkCommand } from "../lint/command-rules.ts";
import { checkBasePlatform } from "../lint/from-rules.ts";
import type { Report } from "../lint/reporter.ts";
import { located, Problem } from "../problem.ts";
import type { ResolvedStage, ResolvedStep, ResolveOptions, Source } from "../resolved.ts";
import { suggest } from "../suggest.ts";
import { applyInstruction } from "./apply.ts";
import { exposedPorts } from "./apply-expanding.ts";
import type { Base } from "./bases.ts";
import { expandInstruction } from "./expand-instruction.ts";
import type { Linked, StageGraph, StageNode } from "./graph.ts";
import { parsePort } from "./ports.ts";
import { StageState } from "./stage-state.ts";
import { StepNames } from "./step-names.ts";
import type { Surroundings } from "./surroundings.ts";

export interface StageResolverOptions
  extends Pick<ResolveOptions, "buildArgs" | "showPlatform" | "isIgnored"> {
  readonly graph: StageGraph;
  readonly bases: ReadonlyMap<StageNode, Base>;
  readonly globals: ReadonlyMap<string, string>;
  readonly lexer: ExpandOptions;
  readonly proxyEnv: readonly string[];
  readonly report: Report;
}

/** Instructions of which only the last one of a stage counts. */
const COUNTED_ONCE = new Set<Command["kind"]>(["CMD", "ENTRYPOINT", "HEALTHCHECK"]);
/** Instructions that have a place in the count of steps. */
const STEPS = new Set<Command["kind"]>(["ADD", "COPY", "RUN", "WORKDIR"]);

/** Applies the instructions of stages, which must come in the order of the file. */
export class StageResolver {
  readonly #options: StageResolverOptions;
  readonly #done = new Map<number, StageState>();
  readonly #hasOneStage: boolean;

  constructor(options: StageResolverOptions) {
    this.#options = options;
    const { stages } = options.graph;
    // An image that is copied from counts as a stage.
    const sources = stages.flatMap(({ commands }) => commands).flatMap((command) => command.sources);
    this.#hasOneStage =
      stages.length === 1 && sources.every(({ kind }) => kind === "context" || kind === "stage");
  }

  /** Throws DOCKERFILE_INVALID. */
  resolve(stage: StageNode): ResolvedStage {
    const { base, state } = this.#begin(stage);
    const name = this.#hasOneStage ? "" : stage.name;
    const platform = this.#options.showPlatform === true ? state.platform : undefined;
    const names = new StepNames({ stage: name, total: countSteps(stage), platform });
    const baseName = base.kind === "image" ? names.next(`FROM ${base.reference}`) : "";
    const inherited = state.args.length;
    const steps = stage.commands.map((command) => this.#step(stage, command, { state, names }));
    this.#done.set(stage.index, state);
    const { lines } = stage.from;
    return {
      index: stage.index,
      name,
      base,
      platform: state.platform,
      baseName,
      lines,
      steps,
      args: state.args.slice(inherited),
      image: state.image(),
    };
  }

  #begin(stage: StageNode): { readonly base: Source; readonly state: StageState } {
    if (stage.base !== undefined) {
      const state = this.#done.get(stage.base.index);
      if (state === undefined) throw new TypeError(`stage ${stage.base.name} is not resolved yet`);
      return { base: { kind: "stage", stage: stage.base.index }, state: StageState.ofStage(state) };
    }
    const base = this.#options.bases.get(stage);
    if (base === undefined) throw new TypeError(`the base of stage ${stage.name} is not loaded`);
    const { reference, platform, image } = base;
    const state = StageState.ofImage(image, platform);
    if (base.context !== undefined) return { base: { kind: "context", name: base.context }, state };
    if (reference === undefined) return { base: { kind: "scratch" }, state };
    checkBasePlatform(
      stage.from,
      { name: stage.baseName, expected: platform, actual: image },
      this.#options.report,
    );
    return { base: { kind: "image", reference, platform }, state };
  }

  #step(
    stage: StageNode,
    linked: Linked,
    { state, names }: { readonly state: StageState; readonly names: StepNames },
  ): ResolvedStep {
    const { lines, kind } = linked.instruction;
    const { buildArgs, globals, proxyEnv, lexer, graph } = this.#options;
    return located({ file: graph.file, lines }, () => {
      this.#checkOrder(stage, linked);
      const { word, content, missing } = expanders(state, lexer);
      const instruction = expandInstruction(linked.instruction, { word, content });
      const before = this.#applied(state, linked, instruction);
      if (COUNTED_ONCE.has(kind)) state.lastOf.set(kind, lines);
      const { onbuild, sources } = linked;
      const around: Surroundings = {
        onbuild,
        sources,
        lexer,
        buildArgs,
        globals,
        proxyEnv,
        names,
        expand: word,
      };
      try {
        const outcome = applyInstruction(state, instruction, around);
        const common = { lines, onbuild, config: state.config };
        return outcome.kind === "config"
          ? { ...outcome, ...common, instruction, layer: false }
          : { ...outcome, ...common };
      } finally {
        checkCommand({ ...before, undefinedVariables: missing }, this.#options.report);
      }
    });
  }

  /** What the checks want to know of the state before an instruction changes it. */
  #applied(
    state: StageState,
    { sources }: Linked,
    instruction: Command,
  ): Omit<Applied, "undefinedVariables"> {
    const { lexer, isIgnored = () => false } = this.#options;
    const { kind } = instruction;
    const texts = kind === "EXPOSE" ? exposedPorts(state, instruction, lexer) : [];
    const fromContext = (kind === "ADD" || kind === "COPY") && sources[0]?.kind === "context";
    return {
      instruction,
      config: state.config,
      hasWorkdir: state.hasWorkdir,
      earlier: state.lastOf.get(kind),
      ports: texts.map((text) => {
        const { protocol, ip, hostPort } = parsePort(text);
        return { text, protocol, isMapping: ip !== "" || hostPort !== "" };
      }),
      ignoredSources: fromContext ? instruction.sources.map(cleanPath).filter(isIgnored) : [],
    };
  }

  /** A stage can only take files from stages before it. */
  #checkOrder(stage: StageNode, { instruction, sources }: Linked): void {
    for (const [i, source] of sources.entries()) {
      if (source.kind !== "stage" || this.#done.has(source.stage)) continue;
      if (instruction.kind === "COPY") {
        throw new Problem(
          `cannot copy from stage ${quote(instruction.from)}, it needs to be defined before current stage ${quote(stage.name)}`,
        );
      }
      const mount = instruction.kind === "RUN" ? instruction.mounts[i] : undefined;
      const { from, target } = parseMount(mount ?? "", (text) => text);
      throw new Problem(
        `cannot mount from stage ${quote(from)} to ${quote(target)}, stage needs to be defined before current command`,
      );
    }
  }
}

function countSteps({ base, baseName, commands }: StageNode): number {
  const first = base === undefined && baseName !== "scratch" ? 1 : 0;
  // A trigger counts whatever it is.
  return first + commands.filter(({ instruction, onbuild }) => onbuild || STEPS.has(instruction.kind)).length;
}

interface WordExpanders {
  readonly word: (text: string) => string;
  readonly content: (text: string) => string;
  /** Undeclared variables met so far. */
  readonly missing: Applied["undefinedVariables"];
}

function expanders(state: StageState, lexer: ExpandOptions): WordExpanders {
  const missing: { readonly name: string; readonly near: string | undefined }[] = [];
  const expand = (text: string, options: ExpandOptions): string => {
    const result = expandWord(text, state.variables, options);
    for (const name of result.unmatched) {
      if (state.args.some(({ key }) => key === name)) continue;
      missing.push({ name, near: suggest(name, state.variables.keys(), { caseSensitive: true }) });
    }
    return result.text;
  };
  return {
    word: (text) => expand(text, lexer),
    content: (text) => expand(text, { escape: "\\", ignoreQuotes: true }),
    missing,
  };
}
