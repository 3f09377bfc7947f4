import { Failure } from "../core/errors.ts";
import { hostPlatform } from "../core/platform.ts";
import {
  familiarReference,
  formatReference,
  parseReference,
  type Reference,
  withDefaultTag,
} from "../core/reference.ts";
import type { Lease, Store } from "../store/types.ts";
import { BaseImages } from "./base-images.ts";
import type { CacheMounts } from "./cache/cache-mounts.ts";
import { Listings } from "./cache/listings.ts";
import { BuildContexts } from "./context/build-contexts.ts";
import type { ParsedDockerfile } from "./dockerfile/ast.ts";
import { parseDockerfile } from "./dockerfile/parse.ts";
import { resolveDockerfile } from "./dockerfile/resolve/resolve.ts";
import type { ResolvedDockerfile, ResolveOptions } from "./dockerfile/resolved.ts";
import type { BuildEvent } from "./events.ts";
import { explainBuild } from "./explain/explain-build.ts";
import { InternalSteps } from "./internal-steps.ts";
import { assembleImage } from "./plan/assemble-image.ts";
import { makePlan } from "./plan/make-plan.ts";
import type { PlanOptions } from "./plan/plan-options.ts";
import type { CopyStep, Outcomes, Plan, Step } from "./plan/step.ts";
import { writtenInstructions } from "./plan/written-instructions.ts";
import type { Executor, HttpSource, ImageSource } from "./ports.ts";
import { HttpFiles } from "./remote/http.ts";
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
  readonly http: HttpSource;
  readonly clock: () => number;
  readonly performer: CachedPerformer;
  readonly slots: Semaphore;
  readonly cacheMounts: CacheMounts;
}

/** One build, from the text of a Dockerfile to a published image. */
export class BuildRun {
  readonly #tools: SharedTools;
  readonly #request: BuildRequest;
  readonly #report: (event: BuildEvent) => void;
  readonly #signal: AbortSignal;
  readonly #internal: InternalSteps;
  readonly #background: Promise<unknown>[] = [];

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
    this.#internal = new InternalSteps(report, tools.clock);
  }

  async run(): Promise<BuildResult> {
    const tags = this.#request.tags.map((tag) => withDefaultTag(parseReference(tag)));
    const { store, clock } = this.#tools;
    await using lease = store.leases.open("build");
    using contexts = new BuildContexts(store, this.#request, clock);
    const plan = await this.#plan(lease, contexts);
    const steps = this.#stepContext(contexts, lease);
    try {
      const outcomes = await this.#solve(plan, steps);
      this.#explain(plan, outcomes);
      return await this.#publish(plan, outcomes, { tags, created: requestedTime(steps.timestamps) });
    } finally {
      // What is left over goes with the lease.
      await Promise.allSettled(this.#background);
    }
  }

  /** Only the checks: every stage is resolved, and its images are loaded, but nothing is built. */
  async check(): Promise<void> {
    const { store, clock } = this.#tools;
    await using lease = store.leases.open("check of a build");
    using contexts = new BuildContexts(store, this.#request, clock);
    const parsed = await this.#parse();
    await this.#resolve(parsed, this.#images(lease), {
      isIgnored: await contexts.ignored(),
      allStages: true,
    });
  }

  async #plan(lease: Lease, contexts: BuildContexts): Promise<Plan> {
    const { network, extraHosts, allow = [] } = this.#request;
    const images = this.#images(lease);
    const parsed = await this.#parse();
    const resolved = await this.#resolve(parsed, images, { isIgnored: await contexts.ignored() });
    await images.loadCopied(resolved);
    const imageOf: PlanOptions["imageOf"] = ({ reference, platform }) => images.get(reference, platform);
    const { BUILDKIT_CACHE_MOUNT_NS: cacheNamespace = "", BUILDKIT_SANDBOX_HOSTNAME: hostname } =
      this.#request.buildArgs;
    const plan = makePlan(resolved, {
      imageOf,
      network,
      extraHosts,
      cacheNamespace,
      allow,
      ...(hostname === undefined ? {} : { hostname }),
    });
    this.#report({ type: "instructions", list: writtenInstructions(parsed, resolved, plan) });
    return plan;
  }

  #images(lease: Lease): BaseImages {
    const { pull, credentials } = this.#request;
    return new BaseImages({
      source: this.#tools.images,
      steps: this.#internal,
      lease,
      pull,
      ...(credentials === undefined ? {} : { credentials }),
      signal: this.#signal,
    });
  }

  #parse(): Promise<ParsedDockerfile> {
    const { name, text } = this.#request.dockerfile;
    return this.#internal.run(`[internal] load build definition from ${name}`, async () =>
      parseDockerfile(text, name),
    );
  }

  async #resolve(
    parsed: ParsedDockerfile,
    images: BaseImages,
    options: Pick<ResolveOptions, "isIgnored" | "allStages">,
  ): Promise<ResolvedDockerfile> {
    const { dockerfile, buildArgs, labels, target, platform, contexts = {} } = this.#request;
    const { name } = dockerfile;
    return resolveDockerfile(parsed, {
      buildArgs: new Map(Object.entries(buildArgs)),
      buildPlatform: hostPlatform(),
      labels,
      ...options,
      contexts: new Map(Object.entries(contexts).map(([key, value]) => [key.toLowerCase(), value])),
      ...(target === undefined ? {} : { target }),
      ...(platform === undefined ? {} : { targetPlatform: platform }),
      loadImage: (reference, wanted) => images.load(reference, wanted),
      warn: ({ message, rule, url, lines: { first, last } }) =>
        this.#report({ type: "warning", message, rule, url, at: { file: name, line: first, endLine: last } }),
    });
  }

  #stepContext(contexts: BuildContexts, lease: Lease): StepContext {
    const { store, executor, clock } = this.#tools;
    const requested = this.#request.sourceDateEpoch ?? epochArgument(this.#request.buildArgs);
    return {
      store,
      executor,
      contextOf: contexts.of,
      lease,
      clock,
      roots: new RootFilesystems(store),
      listings: new Listings(store.database, clock),
      cacheMounts: this.#tools.cacheMounts,
      httpFiles: new HttpFiles(store.database, this.#tools.http, clock),
      signal: this.#signal,
      secrets: this.#request.secrets,
      ssh: this.#request.ssh,
      timestamps: new Timestamps({ requested, context: this.#request.context, clock }),
      report: this.#report,
      warnOfHost: once((message) => this.#report({ type: "warning", message })),
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
        hold: (layer) => context.lease.blob(layer),
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
        await context.contextOf(nameOf(step)).select(step.sources);
      } catch (error) {
        throw await explainFailure(error, { step, outcomes: new Map(), context, source });
      }
    };
    await this.#internal.run("[internal] load build context", () => Promise.all(wanted.map(load)));
  }

  #explain(plan: Plan, outcomes: Outcomes): void {
    const { context, dockerfile, target = "", noCache, explain } = this.#request;
    const build = JSON.stringify([context, dockerfile.path ?? dockerfile.name, target]);
    const { store, clock } = this.#tools;
    const explained = explainBuild(store, { plan, outcomes, build, noCache }, clock);
    if (explain === true) for (const step of explained) this.#report({ type: "explained", ...step });
  }

  async #publish(
    plan: Plan,
    outcomes: Outcomes,
    { tags, created }: { readonly tags: readonly Reference[]; readonly created: string | undefined },
  ): Promise<BuildResult> {
    const { store, clock, performer } = this.#tools;
    const config = assembleImage(plan.image, { outcomes, result: plan.result, created });
    const { id } = await this.#internal.run("exporting to image", async () => {
      await store.flush();
      performer.touchUsed();
      return store.images.publish({ config }, tags.map(formatReference));
    });
    const names = tags.map(familiarReference);
    this.#report({ type: "result", image: id, tags: names, time: clock() });
    return { image: id, tags: names };
  }
}

/** Hands each message on the first time only. */
function once(report: (message: string) => void): (message: string) => void {
  const said = new Set<string>();
  return (message) => {
    if (!said.has(message)) report(message);
    said.add(message);
  };
}

const nameOf = ({ from }: CopyStep): string | undefined => (from.kind === "context" ? from.name : undefined);

const takesContext = (step: Step): step is CopyStep =>
  step.kind === "copy" && step.from.kind === "context" && step.sources.list.length > 0;

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
