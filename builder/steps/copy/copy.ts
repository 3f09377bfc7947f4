import { type Digest, digestOf } from "../../../core/digest.ts";
import { Failure } from "../../../core/errors.ts";
import type { LazyList } from "../../../core/lazy-list.ts";
import type { LayerInfo } from "../../../store/snapshotter.ts";
import type { LayerEntry, Tree } from "../../../store/types.ts";
import { chainOf, FILE_STATS, type Part } from "../../cache/preimage.ts";
import { selectFrom } from "../../context/build-context.ts";
import type { Selected } from "../../context/selected.ts";
import type { Selection } from "../../context/selection.ts";
import type { SourceRoot } from "../../context/source-root.ts";
import { areUnchanged, statsDigest } from "../../context/stats.ts";
import { type CopyStep, layersOf, type Outcomes } from "../../plan/step.ts";
import type { Operation } from "../../solve/operation.ts";
import { epochPart, type StepContext, warnAt } from "../step-context.ts";
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
    identity: () => copy.identity(),
    inputs: () => copy.inputs(),
    perform: (signal) => copy.perform(signal),
    unchanged: () => copy.unchanged(),
  };
}

class Copy {
  readonly #step: CopyStep;
  readonly #context: StepContext;
  /** The root filesystem that is changed, and the one that files are taken from. */
  readonly #base: readonly Digest[];
  readonly #from: readonly Digest[];
  /** Settles when the layer in the making is left to other threads. */
  #placing: Promise<void> | undefined;

  constructor(step: CopyStep, outcomes: Outcomes, context: StepContext) {
    this.#step = step;
    this.#context = context;
    this.#base = layersOf(outcomes, step.parent);
    this.#from = step.from.kind === "step" ? layersOf(outcomes, step.from.step) : [];
  }

  async identity(): Promise<readonly Part[] | undefined> {
    const { list, exclude } = this.#step.sources;
    const root = ["root filesystem", chainOf(this.#base)] as const;
    if (this.#step.from.kind !== "context") {
      const sources = list.map(({ path, below = null }) => [path, below]);
      return [
        root,
        ["source root filesystem", chainOf(this.#from)],
        ["sources", sources],
        ["--exclude", exclude],
      ];
    }
    const lookedAt = this.#context.clock();
    const stats = await this.#withSources(async (_, { selected }) => statsDigest(selected, lookedAt));
    return stats === undefined ? undefined : [root, [FILE_STATS, stats]];
  }

  /**
   * Where files go depends on links and directories of the base, so all of the base counts. That is more than needed, and right; a record
   * that names the paths it asked for would narrow it.
   */
  async inputs(): Promise<readonly Part[]> {
    // Beside perform(), its threads come first: they need longer than this one.
    await this.#placing;
    const content = await this.#withSources(async (_, selection) => {
      this.#warnOfEmpty(selection);
      return selection.content();
    });
    return [
      ["root filesystem", chainOf(this.#base)],
      ["files", content ?? null],
    ];
  }

  async perform(signal: AbortSignal): Promise<LayerInfo> {
    let begun = (): void => undefined;
    this.#placing = new Promise((resolve) => {
      begun = resolve;
    });
    try {
      const options = await this.#placementOptions(signal);
      const write = (sources?: Tree, selection?: Selection): Promise<LayerInfo> =>
        this.#write({ sources, selected: selection?.selected ?? [], options, begun }, signal);
      return (await this.#withSources((root, selection) => write(root.tree, selection))) ?? (await write());
    } finally {
      begun();
    }
  }

  async unchanged(): Promise<boolean> {
    if (this.#step.from.kind !== "context") return true;
    const isSame = await this.#withSources(({ tree }, { selected }) => areUnchanged(tree, selected));
    return isSame ?? true;
  }

  async #write({ sources, selected, options, begun }: Writing, signal: AbortSignal): Promise<LayerInfo> {
    using archives = new Archives(this.#context, sources);
    const unpacked = await archives.unpack(this.#step.unpack ? selected : [], signal);
    const place = async (base: Tree | undefined): Promise<LazyList<LayerEntry>> => {
      const placement = new Placement(base, {
        ...options,
        ...(archives.root === undefined ? {} : { sources: archives.root }),
      });
      for (const source of selected) {
        const archive = unpacked.get(source);
        if (archive === undefined) await placement.place(archives.rebase(source));
        else await placement.placeArchive(archive);
      }
      for (const file of this.#step.inline) await placement.place(inlineSource(file, options.now));
      return placement.entries();
    };
    const entries = await this.#context.roots.read(this.#base, place, signal);
    signal.throwIfAborted();
    return await this.#context.store.layers.write(archives.root?.fd ?? -1, entries, begun);
  }

  /** Runs `work` with what files are taken from, which is open for as long; undefined when the step takes none. */
  async #withSources<T>(
    work: (root: SourceRoot, selection: Selection) => Promise<T>,
  ): Promise<T | undefined> {
    const { sources, from, fromName } = this.#step;
    const { contextOf, roots, listings } = this.#context;
    if (sources.list.length === 0) return undefined;
    if (from.kind === "context") {
      const context = contextOf(from.name);
      return work(await context.root(), await context.select(sources));
    }
    return roots.read(this.#from, async (tree) => {
      if (tree === undefined) throw this.#noSource();
      const root = { name: fromName, tree };
      return work(root, await selectFrom(root, sources, listings));
    });
  }

  #noSource(): Failure {
    const source = this.#step.sources.list.map(({ path }) => path.slice(1)).join(" ");
    return new Failure("COPY_SOURCE_MISSING", { source, where: this.#step.fromName, why: "" });
  }

  async #placementOptions(signal: AbortSignal): Promise<PlacementOptions> {
    const { chown, chmod, target } = this.#step;
    const { roots, timestamps } = this.#context;
    const clampMtime = await timestamps.clamp();
    const warn = warnAt(this.#context, this.#step);
    const owner = chown === "" ? undefined : ownerOf(chown, await roots.users(this.#base, signal), warn);
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

  #warnOfEmpty(selection: Selection): void {
    const warn = warnAt(this.#context, this.#step);
    for (const pattern of selection.empty) warn(`nothing in ${this.#step.fromName} matches ${pattern}`);
  }
}

interface Writing {
  readonly sources: Tree | undefined;
  readonly selected: readonly Selected[];
  readonly options: PlacementOptions;
  /** Called when other threads write. */
  readonly begun: () => void;
}
