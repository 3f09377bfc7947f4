import { Failure } from "../core/errors.ts";
import { formatPlatform, hostPlatform, type Platform } from "../core/platform.ts";
import {
  familiarReference,
  formatReference,
  parseReference,
  type Reference,
  withDefaultTag,
} from "../core/reference.ts";
import type { Lease, Store } from "../store/types.ts";
import { Listings } from "./cache/listings.ts";
import { BuildContext } from "./context/build-context.ts";
import { parseDockerfile } from "./dockerfile/parse.ts";
import { resolveDockerfile } from "./dockerfile/resolve/resolve.ts";
import type { ResolvedDockerfile, Warning } from "./dockerfile/resolved.ts";
import type { BuildEvent } from "./events.ts";
import { assembleImage } from "./plan/assemble-image.ts";
import { copiedImages } from "./plan/copied-images.ts";
import { makePlan } from "./plan/make-plan.ts";
import type { CopyStep, Outcomes, Plan, Step } from "./plan/step.ts";
import type { BaseImage, Executor, ImageSource } from "./ports.ts";
import type { CachedPerformer } from "./solve/cached-performer.ts";
import type { Semaphore } from "./solve/semaphore.ts";
import { solve } from "./solve/solver.ts";
import { Timestamps } from "./solve/timestamps.ts";
import { explainFailure } from "./steps/failure.ts";
import { operationOf } from "./steps/operations.ts";
import { RootFilesystems } from "./steps/root-filesystems.ts";
import type { StepContext } from "./steps/step-context.ts";
import type { BuildRequest, BuildResult } from "./types.ts";

/** What the builds of one builder share. */
export interface SharedTools {
  readonly store: Store;
  readonly executor: Executor;
  readonly images: ImageSource;
  readonly clock: () => number;
  readonly performer: CachedPerformer;
  readonly slots: Semaphore;
}

/** One build, from the text of a Dockerfile to a published image. */
export class BuildRun {
  readonly #tools: SharedTools;
  readonly #request: BuildRequest;
  readonly #report: (event: BuildEvent) => void;
  readonly #signal: AbortSignal;
  readonly #images = new Map<string, BaseImage>();
  readonly #background: Promise<unknown>[] = [];
  #internalSteps = 0;

  constructor(
    tools: SharedTools,
    request: BuildRequest,
    report: (event: BuildEvent) => void,
    signal: AbortSignal,
  ) {
    this.#tools = tools;
    this.#request = request;
    this.#report = report;
    this.#signal = signal;
  }

  async run(): Promise<BuildResult> {
    const tags = this.#request.tags.map((tag) => withDefaultTag(parseReference(tag)));
    const { store, clock } = this.#tools;
    await using lease = store.leases.open("build");
    const resolved = await this.#resolve();
    await this.#loadCopiedImages(resolved);
    const plan = makePlan(resolved, {
      imageOf: (source) => this.#imageOf(source.reference, source.platform),
      network: this.#request.network,
      extraHosts: this.#request.extraHosts,
    });
    const { context: path, dockerfile } = this.#request;
    using context = new BuildContext(store, {
      path,
      clock,
      ...(dockerfile.path === undefined ? {} : { dockerfile: dockerfile.path }),
    });
    const steps = this.#stepContext(context, lease);
    try {
      const outcomes = await this.#solve(plan, steps);
      return await this.#publish(plan, outcomes, { tags, created: requestedTime(steps.timestamps) });
    } finally {
      // What is left over goes with the lease.
      await Promise.allSettled(this.#background);
    }
  }

  async #resolve(): Promise<ResolvedDockerfile> {
    const { dockerfile, buildArgs, labels, target, platform } = this.#request;
    const { name, text } = dockerfile;
    const parsed = await this.#internal(`[internal] load build definition from ${name}`, async () =>
      parseDockerfile(text, name),
    );
    return resolveDockerfile(parsed, {
      buildArgs: new Map(Object.entries(buildArgs)),
      buildPlatform: hostPlatform(),
      labels,
      ...(target === undefined ? {} : { target }),
      ...(platform === undefined ? {} : { targetPlatform: platform }),
      loadImage: (reference, wanted) => this.#loadImage(reference, wanted),
      warn: (warning) => this.#warn(name, warning),
    });
  }

  async #loadImage(reference: string, platform: Platform) {
    const { images } = this.#tools;
    const image = await this.#internal(`[internal] load metadata for ${reference}`, () =>
      images.resolve(reference, { platform, pull: this.#request.pull, signal: this.#signal }),
    );
    this.#images.set(imageKey(reference, platform), image);
    return image.config;
  }

  /** Those that are no stage's base. */
  async #loadCopiedImages(resolved: ResolvedDockerfile): Promise<void> {
    const missing = copiedImages(resolved).filter(
      ({ image }) => !this.#images.has(imageKey(image.reference, image.platform)),
    );
    await Promise.all(
      missing.map(async ({ image, step }) => {
        try {
          await this.#loadImage(image.reference, image.platform);
        } catch (cause) {
          const at = { file: resolved.file, line: step.lines.first, endLine: step.lines.last };
          const code = "instruction" in step ? step.instruction.code : "";
          throw new Failure("BUILD_STEP_INVALID", { ...at, step: code }, { cause });
        }
      }),
    );
  }

  #imageOf(reference: string, platform: Platform): BaseImage {
    const image = this.#images.get(imageKey(reference, platform));
    if (image === undefined) throw new Failure("IMAGE_UNKNOWN", { reference });
    return image;
  }

  #stepContext(context: BuildContext, lease: Lease): StepContext {
    const { store, executor, clock } = this.#tools;
    const requested = this.#request.sourceDateEpoch ?? epochArgument(this.#request.buildArgs);
    return {
      store,
      executor,
      context,
      lease,
      clock,
      roots: new RootFilesystems(store),
      listings: new Listings(store.database, clock),
      timestamps: new Timestamps({ requested, context: this.#request.context, clock }),
      report: this.#report,
      background: (work) => this.#background.push(work.catch(() => undefined)),
      tails: new Map(),
    };
  }

  async #solve(plan: Plan, context: StepContext): Promise<Outcomes> {
    const { performer, slots, clock } = this.#tools;
    const source = this.#request.dockerfile.text;
    const stop = new AbortController();
    const loading = this.#loadContext(plan, context).catch((error: unknown) => stop.abort(error));
    const solving = solve(
      plan,
      {
        noCache: this.#request.noCache,
        clock,
        performer,
        slots,
        report: this.#report,
        operation: (step, outcomes) => operationOf(step, outcomes, context),
        explain: (error, step, outcomes) => explainFailure(error, { step, outcomes, context, source }),
        created: () => context.timestamps.created(),
      },
      AbortSignal.any([this.#signal, stop.signal]),
    );
    await Promise.allSettled([loading, solving]);
    return solving;
  }

  /** Looks at what all steps take from the context while the first of them run: what is missing fails the build at once. */
  async #loadContext(plan: Plan, context: StepContext): Promise<void> {
    const source = this.#request.dockerfile.text;
    const wanted = plan.steps.filter(takesContext);
    if (wanted.length === 0) return;
    const load = async (step: CopyStep): Promise<void> => {
      try {
        await context.context.select(step.sources);
      } catch (error) {
        throw await explainFailure(error, { step, outcomes: new Map(), context, source });
      }
    };
    await this.#internal("[internal] load build context", () => Promise.all(wanted.map(load)));
  }

  async #publish(
    plan: Plan,
    outcomes: Outcomes,
    { tags, created }: { readonly tags: readonly Reference[]; readonly created: string | undefined },
  ): Promise<BuildResult> {
    const { store, clock, performer } = this.#tools;
    const config = assembleImage(plan.image, { outcomes, result: plan.result, created });
    const { id } = await this.#internal("exporting to image", async () => {
      await store.flush();
      performer.touchUsed();
      return store.images.publish({ config }, tags.map(formatReference));
    });
    const names = tags.map(familiarReference);
    this.#report({ type: "result", image: id, tags: names, time: clock() });
    return { image: id, tags: names };
  }

  /** Work that is no step of the plan, but shown like one. */
  async #internal<T>(name: string, work: () => Promise<T>): Promise<T> {
    const id = `internal.${this.#internalSteps++}`;
    const { clock } = this.#tools;
    this.#report({ type: "step", id, name });
    this.#report({ type: "started", id, time: clock() });
    try {
      const result = await work();
      this.#report({ type: "finished", id, time: clock(), cached: false });
      return result;
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      this.#report({ type: "finished", id, time: clock(), cached: false, error: text });
      throw error;
    }
  }

  #warn(file: string, { message, rule, url, lines }: Warning): void {
    const at = { file, line: lines.first, endLine: lines.last };
    this.#report({ type: "warning", message, rule, url, at });
  }
}

const takesContext = (step: Step): step is CopyStep =>
  step.kind === "copy" && step.from.kind === "context" && step.sources.list.length > 0;

const imageKey = (reference: string, platform: Platform): string =>
  `${reference} ${formatPlatform(platform)}`;

const requestedTime = ({ requested }: Timestamps): string | undefined =>
  requested === undefined ? undefined : new Date(requested * 1000).toISOString();

/** Throws OPTION_INVALID. */
function epochArgument(buildArgs: Readonly<Record<string, string>>): number | undefined {
  const text = buildArgs["SOURCE_DATE_EPOCH"];
  if (text === undefined || text === "") return undefined;
  const seconds = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(seconds * 1000)) return seconds;
  throw new Failure("OPTION_INVALID", {
    option: "SOURCE_DATE_EPOCH",
    got: text,
    want: "seconds since the epoch",
  });
}
