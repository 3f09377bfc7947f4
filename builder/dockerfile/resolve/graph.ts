import { type Failure, isCode } from "../../../core/errors.ts";
import type { Platform } from "../../../core/platform.ts";
import { formatReference, parseReference, withDefaultTag } from "../../../core/reference.ts";
import type { LineRange } from "../ast.ts";
import { quote } from "../characters.ts";
import { type ExpandOptions, expandWord } from "../expand.ts";
import { mountOrigins } from "../instructions/mount.ts";
import type { Command, From } from "../instructions/types.ts";
import { located, Problem } from "../problem.ts";
import type { NamedContext, Source } from "../resolved.ts";
import { withSuggestion } from "../suggest.ts";

/** An instruction with what it takes files from: one for COPY and ADD, one for each mount of RUN. */
export interface Linked {
  readonly instruction: Command;
  readonly onbuild: boolean;
  readonly sources: readonly Source[];
}

/** A stage while the graph is built; `commands` grows in front when its base has triggers. */
export interface StageNode {
  readonly index: number;
  readonly from: From;
  /** FROM's name, expanded. */
  readonly baseName: string;
  /** Of FROM --platform. */
  readonly platform: Platform | undefined;
  /** An earlier stage, if FROM names one. */
  readonly base: StageNode | undefined;
  /** As progress and messages name it. */
  readonly name: string;
  commands: readonly Linked[];
}

interface GraphOptions {
  readonly file: string;
  readonly lexer: ExpandOptions;
  /** Of images that COPY --from and RUN --mount name. */
  readonly targetPlatform: Platform;
  readonly contexts: ReadonlyMap<string, NamedContext>;
}

/** All stages, and the ways to refer to them. */
export class StageGraph {
  readonly file: string;
  readonly stages: readonly StageNode[];
  /** Names in lower case; a repeated name means its last stage. */
  readonly #byName: ReadonlyMap<string, StageNode>;
  readonly #options: GraphOptions;

  constructor(stages: readonly StageNode[], options: GraphOptions) {
    this.file = options.file;
    this.stages = stages;
    this.#options = options;
    const named = stages.filter(({ from }) => from.name !== "");
    this.#byName = new Map(named.map((stage) => [stage.from.name, stage]));
  }

  find(name: string): StageNode | undefined {
    return this.#byName.get(name.toLowerCase());
  }

  /** Throws a Problem when there is none of that name or index. */
  target(name: string | undefined): StageNode {
    const last = this.stages.at(-1);
    const found = name === undefined ? last : (this.find(name) ?? this.#at(name));
    if (found !== undefined) return found;
    const names = this.stages.map((stage) => stage.name);
    throw new Problem(
      withSuggestion(`target stage ${quote(name ?? "")} could not be found`, name ?? "", names),
    );
  }

  #at(index: string): StageNode | undefined {
    return /^\d+$/.test(index) ? this.stages[Number(index)] : undefined;
  }

  /** Finds out what an instruction takes files from. Throws a Problem. */
  link(instruction: Command, onbuild = false): Linked {
    return { instruction, onbuild, sources: this.#sources(instruction) };
  }

  #sources(instruction: Command): readonly Source[] {
    if (instruction.kind === "RUN")
      return mountOrigins(instruction.mounts).map((from) => this.#mountSource(from));
    if (instruction.kind === "ADD") return [{ kind: "context" }];
    return instruction.kind === "COPY" ? [this.#copySource(instruction.from, instruction.lines)] : [];
  }

  /** What a build context of this name puts in the place of a stage or an image. */
  named(name: string): NamedContext | undefined {
    const { contexts } = this.#options;
    return contexts.get(name.toLowerCase()) ?? contexts.get(fullName(name));
  }

  #namedSource(name: string): Source | undefined {
    const context = this.named(name);
    if (context === undefined) return undefined;
    if (context.kind === "directory") return { kind: "context", name: name.toLowerCase() };
    return { ...context, platform: this.#options.targetPlatform };
  }

  /** "" leaves it to the type of the mount. */
  #mountSource(from: string): Source {
    const named = this.#namedSource(from);
    if (named !== undefined) return named;
    const stage = from === "" ? undefined : this.find(from);
    if (stage !== undefined) return { kind: "stage", stage: stage.index };
    return from === "" ? { kind: "scratch" } : this.#image(from, { first: 0, last: 0 });
  }

  #copySource(from: string, lines: LineRange): Source {
    if (from === "") return { kind: "context" };
    if (expandWord(from, new Map(), this.#options.lexer).text !== from) {
      throw new Problem(
        "variable expansion is not supported for --from, define a new stage with FROM using ARG from global scope as a workaround",
      );
    }
    const named = this.#namedSource(from);
    if (named !== undefined) return named;
    if (/^[+-]?\d+$/.test(from)) {
      const index = Number(from);
      if (this.stages[index] === undefined) throw new Problem(`invalid stage index ${index}`);
      return { kind: "stage", stage: index };
    }
    const stage = this.find(from);
    return stage === undefined ? this.#image(from, lines) : { kind: "stage", stage: stage.index };
  }

  #image(name: string, lines: LineRange): Source {
    if (name === SCRATCH) return { kind: "scratch" };
    const reference = located({ file: this.file, lines }, () => imageName(name));
    return { kind: "image", reference, platform: this.#options.targetPlatform };
  }

  /** The stages `from` needs, itself included. */
  reachable(from: StageNode): ReadonlySet<StageNode> {
    const seen = new Set<StageNode>();
    const waiting = [from];
    for (let stage = waiting.pop(); stage !== undefined; stage = waiting.pop()) {
      if (seen.has(stage)) continue;
      seen.add(stage);
      if (stage.base !== undefined) waiting.push(stage.base);
      waiting.push(...this.needs(stage));
    }
    return seen;
  }

  /** The stages that instructions of `stage` take files from. */
  needs(stage: StageNode): readonly StageNode[] {
    return stage.commands
      .flatMap(({ sources }) => sources)
      .flatMap((source) => (source.kind === "stage" ? (this.stages[source.stage] ?? []) : []));
  }
}

/** FROM scratch: nothing. */
export const SCRATCH = "scratch";

/** The full name of an image. Throws a Problem. */
export function imageName(text: string): string {
  try {
    return formatReference(withDefaultTag(parseReference(text)));
  } catch (error) {
    if (!isCode(error, "REFERENCE_INVALID")) throw error;
    const { why } = (error as Failure<"REFERENCE_INVALID">).detail;
    throw new Problem(`failed to parse stage name ${quote(text)}: ${why}`);
  }
}

/** An image's full name, in which a context may be named after it; the text itself when it is no image's name. */
function fullName(text: string): string {
  try {
    return imageName(text);
  } catch {
    return text;
  }
}

/** Throws DOCKERFILE_INVALID when stages copy from each other in a circle. */
export function checkCircles(graph: StageGraph): void {
  const done = new Set<StageNode>();
  const path = new Set<StageNode>();
  const visit = (stage: StageNode): void => {
    if (path.has(stage)) {
      located({ file: graph.file, lines: stage.from.lines }, () => {
        throw new Problem(`circular dependency detected on stage: ${[...path][0]?.name ?? stage.name}`);
      });
    }
    if (done.has(stage)) return;
    done.add(stage);
    path.add(stage);
    for (const needed of graph.needs(stage)) visit(needed);
    path.delete(stage);
  };
  for (const stage of graph.stages) visit(stage);
}
