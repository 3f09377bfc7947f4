import { type Digest, digestOf } from "../../../core/digest.ts";
import { Failure } from "../../../core/errors.ts";
import type { LayerInfo } from "../../../store/snapshotter.ts";
import type { Tree } from "../../../store/types.ts";
import { chainOf, type Part } from "../../cache/preimage.ts";
import { selectFrom } from "../../context/build-context.ts";
import type { Selection } from "../../context/selection.ts";
import type { SourceRoot } from "../../context/source-root.ts";
import { type CopyStep, layersOf, type Outcomes } from "../../plan/step.ts";
import type { Operation } from "../../solve/operation.ts";
import { epochPart, type StepContext } from "../step-context.ts";
import { Archives } from "./archives.ts";
import { modeChange } from "./file-mode.ts";
import { inlineSource } from "./inline-source.ts";
import { ownerOf } from "./owner.ts";
import { Placement, type PlacementOptions } from "./placement.ts";

/**
 * COPY and ADD: selects files, asks the root filesystem below where they go, and writes the layer's tar straight from the sources.
 * The key is made of what is placed, not of where it was found.
 */
export function copyOperation(step: CopyStep, outcomes: Outcomes, context: StepContext): Operation {
  const copy = new Copy(step, outcomes, context);
  return {
    definition: [
      ["instruction", step.unpack ? "ADD" : "COPY"],
      ["destination", step.target],
      ["--chown", step.chown],
      ["--chmod", step.chmod ?? null],
      ["inline files", step.inline.map(({ name, content }) => [name, digestOf(content)])],
      ...epochPart(context.timestamps),
    ],
    ...(step.from.kind === "step" ? { identity: copy.identity() } : {}),
    inputs: () => copy.inputs(),
    perform: (signal) => copy.perform(signal),
  };
}

class Copy {
  readonly #step: CopyStep;
  readonly #context: StepContext;
  /** The root filesystem that is changed, and the one that files are taken from. */
  readonly #base: readonly Digest[];
  readonly #from: readonly Digest[];
  /** Set by inputs(); its attributes are read before the tree it comes from is closed. */
  #selection: Selection | undefined;

  constructor(step: CopyStep, outcomes: Outcomes, context: StepContext) {
    this.#step = step;
    this.#context = context;
    this.#base = layersOf(outcomes, step.parent);
    this.#from = step.from.kind === "step" ? layersOf(outcomes, step.from.step) : [];
  }

  identity(): readonly Part[] {
    return [
      ["root filesystem", chainOf(this.#base)],
      ["source root filesystem", chainOf(this.#from)],
      ["sources", this.#step.sources.list.map(({ path, below = null }) => [path, below])],
      ["--exclude", this.#step.sources.exclude],
    ];
  }

  /**
   * Where files go depends on links and directories of the base, so all of the base counts. That is more than needed, and right; a record
   * that names the paths it asked for would narrow it.
   */
  async inputs(): Promise<readonly Part[]> {
    const content = await this.#withTree(async (root) => {
      this.#selection = await this.#select(root);
      if (this.#step.from.kind === "step") await this.#selection?.complete();
      return this.#selection?.content();
    });
    this.#warnOfEmpty();
    return [
      ["root filesystem", chainOf(this.#base)],
      ["files", content ?? ""],
    ];
  }

  async perform(signal: AbortSignal): Promise<LayerInfo> {
    const options = await this.#placementOptions(signal);
    return this.#withTree(async (root) => {
      const sources = (await this.#selection?.complete()) ?? [];
      await using archives = new Archives(this.#context, root?.tree);
      const unpacked = await archives.unpack(this.#step.unpack ? sources : [], signal);
      const place = async (base: Tree | undefined) => {
        const placement = new Placement(base, options);
        for (const source of sources) {
          const archive = unpacked.get(source);
          if (archive === undefined) await placement.place(archives.rebase(source));
          else await placement.placeArchive(archive);
        }
        for (const file of this.#step.inline) await placement.place(inlineSource(file, options.now));
        return placement.entries();
      };
      const entries = await this.#context.roots.read(this.#base, place, signal);
      signal.throwIfAborted();
      return await this.#context.store.layers.write(archives.root?.fd ?? -1, entries);
    });
  }

  /** Runs `work` with what files are taken from, which is open for as long; undefined when the step takes none. */
  async #withTree<T>(work: (root: SourceRoot | undefined) => Promise<T>): Promise<T> {
    const { sources, from, fromName } = this.#step;
    if (sources.list.length === 0) return work(undefined);
    if (from.kind === "context") return work(await this.#context.context.root());
    return this.#context.roots.read(this.#from, (tree) => {
      if (tree === undefined)
        throw new Failure("COPY_SOURCE_MISSING", {
          source: sources.list.map(({ path }) => path.slice(1)).join(" "),
          where: fromName,
          why: "",
        });
      return work({ name: fromName, tree });
    });
  }

  async #select(root: SourceRoot | undefined): Promise<Selection | undefined> {
    const { sources, from } = this.#step;
    if (root === undefined) return undefined;
    if (from.kind === "context") return this.#context.context.select(sources);
    return selectFrom(root, sources, this.#context.listings);
  }

  async #placementOptions(signal: AbortSignal): Promise<PlacementOptions> {
    const { chown, chmod, target } = this.#step;
    const { roots, timestamps } = this.#context;
    const clampMtime = await timestamps.clamp();
    const owner = chown === "" ? undefined : ownerOf(chown, await roots.users(this.#base, signal));
    return {
      target,
      now: await timestamps.now(),
      ...(clampMtime === undefined ? {} : { clampMtime }),
      ...(owner === undefined ? {} : { owner }),
      ...(chmod === undefined ? {} : { mode: modeChange(chmod) }),
      // Permissions given as a number go for parents too, but not set-id bits.
      ...(chmod !== undefined && "bits" in chmod ? { parentMode: chmod.bits & 0o777 } : {}),
    };
  }

  #warnOfEmpty(): void {
    const { id, at } = this.#step;
    for (const pattern of this.#selection?.empty ?? []) {
      const message = `nothing in ${this.#step.fromName} matches ${pattern}`;
      this.#context.report({ type: "warning", id, message, at });
    }
  }
}
