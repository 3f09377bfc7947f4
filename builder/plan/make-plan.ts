import { literalPattern } from "../context/patterns.ts";
import type { LineRange } from "../dockerfile/ast.ts";
import { located } from "../dockerfile/problem.ts";
import type {
  Source as Origin,
  ResolvedDockerfile,
  ResolvedStage,
  ResolvedStep,
} from "../dockerfile/resolved.ts";
import type { SourceLine } from "../events.ts";
import { sourcesOf } from "./copy-sources.ts";
import { checkEntitlements } from "./entitlements.ts";
import { after, documentOf } from "./image-state.ts";
import type { PlanOptions } from "./plan-options.ts";
import { besideFetched, fetchedPath, type RemoteAt, remoteSources } from "./remote-sources.ts";
import { type Origins, planMounts } from "./run-mounts.ts";
import {
  type CopyStep,
  type ImageState,
  imageStepId,
  type LayerStep,
  layerStepId,
  type Plan,
  type PlannedHistory,
  type RunStep,
  type Step,
  type StepId,
} from "./step.ts";
import { refuseUnsupported } from "./unsupported.ts";

/** Where steps that only make what mounts show put it. */
const COPIED = "/mount";

type Copied = Pick<CopyStep, "from" | "fromName"> & { readonly path: string; readonly target?: string };

type Beside = Pick<CopyStep, "from" | "fromName" | "parent"> & ReturnType<typeof besideFetched>["copy"];

const contextName = ({ name }: Origin & { readonly kind: "context" }): string =>
  name === undefined ? "the build context" : `build context ${name}`;

interface FinishedStage {
  readonly name: string;
  readonly result: StepId | undefined;
  readonly state: ImageState;
}

/**
 * Turns a resolved Dockerfile into the graph of steps that its target needs. Nothing is read. Throws DOCKERFILE_UNSUPPORTED.
 */
export function makePlan(resolved: ResolvedDockerfile, options: PlanOptions): Plan {
  const planner = new Planner(resolved.file, options);
  for (const stage of resolved.stages) planner.addStage(stage);
  return planner.finish(resolved.target);
}

class Planner {
  readonly #file: string;
  readonly #options: PlanOptions;
  readonly #steps = new Map<StepId, Step>();
  readonly #stages = new Map<number, FinishedStage>();

  constructor(file: string, options: PlanOptions) {
    this.#file = file;
    this.#options = options;
  }

  addStage(stage: ResolvedStage): void {
    const base = this.#base(stage);
    let parent = base.result;
    let state = base.state;
    const uncached = this.#options.uncached?.has(stage.index) === true ? { uncached: true } : {};
    stage.steps.forEach((step, position) => {
      const id = layerStepId(stage.index, position);
      if (step.kind !== "config") {
        this.#steps.set(id, { ...this.#layerStep(step, { id, parent, before: state }), ...uncached });
        parent = id;
      }
      state = after(state, step, step.layer ? id : undefined);
    });
    this.#stages.set(stage.index, { name: stage.name, result: parent, state });
  }

  finish({ index, image }: ResolvedStage): Plan {
    const stage = this.#stages.get(index);
    if (stage === undefined) throw new RangeError(`the target is no stage of its own Dockerfile: ${index}`);
    // What was only asked for on the command line, labels, is in the finished image alone.
    const state = { ...stage.state, document: documentOf(image), config: image.config ?? {} };
    return { steps: [...this.#steps.values()], result: stage.result, image: state };
  }

  #base(stage: ResolvedStage): Pick<FinishedStage, "result" | "state"> {
    const { base, image } = stage;
    const document = documentOf(image);
    if (base.kind === "stage") {
      const { result, state } = this.#stage(base.stage);
      return { result, state: { ...state, document } };
    }
    if (base.kind !== "image") {
      const empty: ImageState = { document, config: {}, history: [] };
      return {
        result: base.kind === "context" ? this.#contextStep(base, stage, empty) : undefined,
        state: empty,
      };
    }
    const found = this.#options.imageOf(base);
    const result = this.#imageStep(base, stage.baseName, this.#at(stage.lines));
    const history = (found.config.history ?? []).map((entry): PlannedHistory => ({ entry }));
    return { result, state: { document, config: found.config.config ?? {}, history } };
  }

  /** FROM a build context: a root filesystem of its files. */
  #contextStep(
    from: Origin & { readonly kind: "context" },
    { lines }: ResolvedStage,
    before: ImageState,
  ): StepId {
    const common = { at: this.#at(lines), code: `FROM ${from.name ?? "."}`, before };
    return this.#copyStep({ from, fromName: contextName(from), path: "/", target: "/" }, common);
  }

  #stage(index: number): FinishedStage {
    const stage = this.#stages.get(index);
    if (stage === undefined) throw new RangeError(`a stage refers to a later one: ${index}`);
    return stage;
  }

  #imageStep(source: Origin & { readonly kind: "image" }, name: string, at: SourceLine): StepId | undefined {
    const image = this.#options.imageOf(source);
    // An image without layers is as good as scratch.
    if (image.layers.length === 0) return undefined;
    const id = imageStepId(source.reference, source.platform);
    if (!this.#steps.has(id)) this.#steps.set(id, { id, kind: "image", name, at, image });
    return id;
  }

  #layerStep(
    step: Exclude<ResolvedStep, { kind: "config" }>,
    place: { readonly id: StepId; readonly parent: StepId | undefined; readonly before: ImageState },
  ): LayerStep {
    const at = this.#at(step.lines);
    const { code } = step.instruction;
    refuseUnsupported(step, at);
    checkEntitlements(step, at, this.#options.allow);
    const common = { ...place, name: step.name, at, code };
    switch (step.kind) {
      case "run":
        return { ...common, kind: "run", ...this.#runPart(step), mounts: this.#mounts(step, common) };
      case "workdir":
        return { ...common, kind: "workdir", path: step.path, user: step.user };
      case "copy":
        return { ...common, kind: "copy", ...this.#copyPart(step, common) };
    }
  }

  #runPart(step: ResolvedStep & { readonly kind: "run" }) {
    const [program, ...rest] = step.args;
    if (program === undefined) throw new RangeError("a RUN without arguments passed the parser");
    const { network, extraHosts, hostname } = this.#options;
    return {
      args: [program, ...rest] as const,
      env: step.env,
      ambientEnv: step.proxyEnv,
      cwd: step.cwd,
      user: step.user,
      network: step.network === "default" ? network : step.network,
      insecure: step.security === "insecure",
      extraHosts,
      ...(hostname === undefined ? {} : { hostname }),
      files: step.files,
    };
  }

  #mounts(
    step: ResolvedStep & { readonly kind: "run" },
    common: Pick<LayerStep, "at" | "code" | "before">,
  ): RunStep["mounts"] {
    const { at } = common;
    const copied: Origins["copied"] = ({ of }, path) => {
      const { from, fromName } = this.#copySource(of, at);
      return { step: this.#copyStep({ from, fromName, path }, common), path: COPIED, name: fromName };
    };
    const bound: Origins["bound"] = (mount, path) => {
      if (mount.of.kind === "context") return copied(mount, path);
      const { from, fromName } = this.#copySource(mount.of, at);
      return { step: from.kind === "step" ? from.step : undefined, path, name: fromName };
    };
    return located({ file: this.#file, lines: step.lines }, () =>
      planMounts(step, { cacheNamespace: this.#options.cacheNamespace, origins: { bound, copied } }),
    );
  }

  /** A step that only makes what mounts show: the same for all that show the same. */
  #copyStep(
    { from, fromName, path, target = COPIED }: Copied,
    common: Pick<LayerStep, "at" | "code" | "before">,
  ): StepId {
    const origin = from.kind === "step" ? from.step : fromName;
    const id = `copy ${origin} ${path} ${target}`;
    const copy: CopyStep = {
      ...common,
      id,
      parent: undefined,
      name: `[internal] load ${path} of ${fromName}`,
      kind: "copy",
      from,
      fromName,
      sources: { list: [{ path: literalPattern(path) }], exclude: [] },
      inline: [],
      target,
      chown: "",
      chmod: undefined,
      unpack: false,
    };
    if (!this.#steps.has(id)) this.#steps.set(id, copy);
    return id;
  }

  #copyPart(
    step: ResolvedStep & { readonly kind: "copy" },
    common: Pick<LayerStep, "id" | "at" | "code" | "before">,
  ) {
    const { instruction } = step;
    const remote = located({ file: this.#file, lines: step.lines }, () => remoteSources(step));
    const isRemote = remote.length > 0;
    const { list, ...from } = isRemote
      ? this.#added(step, remote, common)
      : { ...this.#copySource(step.from, common.at), list: sourcesOf(step) };
    return {
      ...from,
      sources: { list, exclude: instruction.exclude },
      inline: step.inline,
      target: step.destination,
      chown: step.chown,
      chmod: step.chmod,
      // What comes over the network is unpacked only if the user says so.
      unpack: instruction.kind === "ADD" && (instruction.unpack ?? !isRemote),
    };
  }

  /** What comes from elsewhere, with what is beside it: each source in a directory of its own of one root filesystem. */
  #added(
    step: ResolvedStep & { readonly kind: "copy" },
    remote: readonly RemoteAt[],
    common: Pick<LayerStep, "id" | "at" | "code" | "before">,
  ) {
    const sources = remote.map(({ source }) => source);
    const name = sources.map((source) => (source.kind === "git" ? source.remote : source.url)).join(" ");
    let last = `fetch ${common.id}`;
    this.#steps.set(last, { ...common, id: last, kind: "fetch", parent: undefined, name, sources });
    const list = sourcesOf(step).map((source, at) => {
      const i = remote.findIndex((each) => each.at === at);
      const found = sources[i];
      if (found !== undefined) return { path: literalPattern(fetchedPath(found, i)) };
      const beside = besideFetched(step, { source, at });
      last = this.#copyBeside(
        { parent: last, ...beside.copy, ...this.#copySource(step.from, common.at) },
        common,
      );
      return { path: beside.pattern };
    });
    return { from: { kind: "step", step: last } as const, fromName: name, list };
  }

  #copyBeside(copy: Beside, common: Pick<LayerStep, "id" | "at" | "code" | "before">): StepId {
    const id = `${common.id} ${copy.target}`;
    this.#steps.set(id, {
      ...common,
      ...copy,
      id,
      kind: "copy",
      name: `[internal] load sources of ${common.code}`,
    });
    return id;
  }

  #copySource(from: Origin, at: SourceLine) {
    const source = (step: StepId | undefined, fromName: string) => ({
      from: step === undefined ? ({ kind: "scratch" } as const) : ({ kind: "step", step } as const),
      fromName,
    });
    if (from.kind === "context") return { from, fromName: contextName(from) };
    if (from.kind === "image")
      return source(this.#imageStep(from, `FROM ${from.reference}`, at), `image ${from.reference}`);
    if (from.kind === "scratch") return source(undefined, "an empty image");
    const stage = this.#stage(from.stage);
    return source(stage.result, stage.name === "" ? "the stage" : `stage ${stage.name}`);
  }

  #at({ first, last }: LineRange): SourceLine {
    return { file: this.#file, line: first, endLine: last };
  }
}
