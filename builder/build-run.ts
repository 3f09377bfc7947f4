import { annotationsFor } from "../core/annotations.ts";
import { both } from "../core/both.ts";
import type { BuildOutline, BuildTargets } from "../core/build-answers.ts";
import { isAttested } from "../core/build-attestations.ts";
import { hostPlatform } from "../core/platform.ts";
import { parseReference, type Reference, withDefaultTag } from "../core/reference.ts";
import type { HeldLayers } from "../store/snapshotter.ts";
import type { Lease, Store } from "../store/types.ts";
import { attestImage } from "./attest/attest-image.ts";
import { refuseWiderScans } from "./attest/refuse-wider-scans.ts";
import { BaseImages } from "./base-images.ts";
import type { CacheMounts } from "./cache/cache-mounts.ts";
import type { CacheRecords } from "./cache/cache-records.ts";
import { Listings } from "./cache/listings.ts";
import { RemoteCache } from "./cache/remote/remote-cache.ts";
import type { CachePlaces } from "./cache/remote/types.ts";
import { BuildContexts } from "./context/build-contexts.ts";
import type { ParsedDockerfile } from "./dockerfile/ast.ts";
import { outlineOf } from "./dockerfile/describe/outline.ts";
import { targetsOf } from "./dockerfile/describe/targets.ts";
import { parseDockerfile } from "./dockerfile/parse.ts";
import type { ResolvedDockerfile, ResolveOptions } from "./dockerfile/resolved.ts";
import type { BuildEvent } from "./events.ts";
import { explainBuild } from "./explain/explain-build.ts";
import { InternalSteps } from "./internal-steps.ts";
import { withLayouts } from "./layout-images.ts";
import { assembleImage } from "./plan/assemble-image.ts";
import type { Outcomes, Plan } from "./plan/step.ts";
import { planRequest } from "./plan-request.ts";
import type { Executor, HttpSource, ImageSource } from "./ports.ts";
import { publishImage } from "./publish.ts";
import { HttpFiles } from "./remote/http.ts";
import { type Resolving, resolveRequest } from "./resolve-request.ts";
import type { CachedPerformer } from "./solve/cached-performer.ts";
import { Semaphore, type Slots, within } from "./solve/semaphore.ts";
import { solve } from "./solve/solver.ts";
import { epochArgument, Timestamps } from "./solve/timestamps.ts";
import { explainFailure } from "./steps/failure.ts";
import { loadContext } from "./steps/load-context.ts";
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
  readonly caches: CachePlaces;
  readonly records: CacheRecords;
  readonly performer: CachedPerformer;
  readonly slots: Slots;
  readonly cacheMounts: CacheMounts;
}

/** One build, from the text of a Dockerfile to a published image. */
export class BuildRun {
  readonly #tools: SharedTools;
  readonly #request: BuildRequest;
  readonly #report: (event: BuildEvent) => void;
  readonly #signal: AbortSignal;
  readonly #internal: InternalSteps;
  readonly #remote: RemoteCache;
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
    const warn = (message: string): void => report({ type: "warning", message });
    this.#remote = new RemoteCache(request, { ...tools, steps: this.#internal, warn, signal });
  }

  async run(): Promise<BuildResult> {
    const tags = this.#request.tags.map((tag) => withDefaultTag(parseReference(tag)));
    const { store, clock } = this.#tools;
    // It ends after the lease.
    await using remote = this.#remote;
    await using lease = store.leases.open("build");
    using contexts = new BuildContexts(store, this.#request, clock);
    const [plan] = await Promise.all([this.#plan(lease, contexts), remote.load()]);
    const steps = this.#stepContext(contexts, lease);
    remote.begin(plan, (layer) => lease.blob(layer));
    try {
      const outcomes = await this.#solve(plan, steps);
      this.#explain(plan, outcomes);
      const result = await this.#publish(plan, outcomes, { tags, steps, contexts });
      await remote.finish();
      this.#report({ type: "result", image: result.image, tags: result.tags, time: clock() });
      return result;
    } catch (error) {
      await remote.finishFailed();
      throw error;
    } finally {
      // What is left over goes with the lease.
      await Promise.allSettled(this.#background);
    }
  }

  /** Only the checks: every stage is resolved, and its images are loaded, but nothing is built. */
  async check(): Promise<void> {
    await this.#resolveOnly(await this.#parse(), { allStages: true });
  }

  /** What the target takes: the stages that it needs are resolved, but nothing is built. */
  async outline(): Promise<BuildOutline> {
    const parsed = await this.#parse();
    const resolved = await this.#resolveOnly(parsed);
    return outlineOf(parsed, resolved, new Map(Object.entries(this.#request.buildArgs)));
  }

  async targets(): Promise<BuildTargets> {
    return targetsOf(await this.#parse());
  }

  async #resolveOnly(
    parsed: ParsedDockerfile,
    options: Pick<ResolveOptions, "allStages"> = {},
  ): Promise<ResolvedDockerfile> {
    const { store, clock } = this.#tools;
    await using lease = store.leases.open("check of a build");
    using contexts = new BuildContexts(store, this.#request, clock);
    return await resolveRequest(parsed, this.#resolving(this.#images(lease)), {
      isIgnored: await contexts.ignored(),
      ...options,
    });
  }

  async #plan(lease: Lease, contexts: BuildContexts): Promise<Plan> {
    const images = this.#images(lease);
    const parsed = await this.#parse();
    const { attestations, buildArgs } = this.#request;
    if (attestations?.sbom === true) refuseWiderScans(parsed.nodes, buildArgs);
    const resolved = await resolveRequest(parsed, this.#resolving(images), {
      isIgnored: await contexts.ignored(),
    });
    await images.loadCopied(resolved);
    return planRequest(resolved, { request: this.#request, parsed, images, report: this.#report });
  }

  #images(lease: Lease): BaseImages {
    const { pull, credentials, contexts = {} } = this.#request;
    const { images, store } = this.#tools;
    return new BaseImages({
      source: withLayouts(images, { store, contexts, lease }),
      steps: this.#internal,
      lease,
      pull,
      ...(this.#remote.isRead ? { lazy: this.#remote.lazy } : {}),
      ...(credentials === undefined ? {} : { credentials }),
      signal: this.#signal,
    });
  }

  #resolving(images: BaseImages): Resolving {
    return { request: this.#request, images, report: this.#report };
  }

  #parse(): Promise<ParsedDockerfile> {
    const { name, text } = this.#request.dockerfile;
    return this.#internal.run(`[internal] load build definition from ${name}`, async () =>
      parseDockerfile(text, name),
    );
  }

  #stepContext(contexts: BuildContexts, lease: Lease): StepContext {
    const { store, executor, clock } = this.#tools;
    const held: HeldLayers = new Map();
    const requested = this.#request.sourceDateEpoch ?? epochArgument(this.#request.buildArgs);
    return {
      store,
      executor,
      contextOf: contexts.of,
      lease,
      clock,
      held,
      roots: new RootFilesystems(store, { lazy: this.#remote.lazy, held, signal: this.#signal }),
      lazy: this.#remote.lazy,
      listings: new Listings(store.database, clock),
      cacheMounts: this.#tools.cacheMounts,
      mounts: this.#remote.mounts,
      internal: this.#internal,
      httpFiles: new HttpFiles(store.database, this.#tools.http, clock),
      signal: this.#signal,
      secrets: this.#request.secrets,
      ssh: this.#request.ssh,
      resources: this.#request.resources ?? {},
      keepFailed: this.#request.keepFailed,
      timestamps: new Timestamps({ requested, context: this.#request.context, clock }),
      report: this.#report,
      warnOfHost: once((message) => this.#report({ type: "warning", message })),
      background: (work) => this.#background.push(work.catch(() => undefined)),
      tails: new Map(),
      fetched: new Map(),
    };
  }

  async #solve(plan: Plan, context: StepContext): Promise<Outcomes> {
    const { performer, slots, clock } = this.#tools;
    const { jobs } = this.#request;
    const source = this.#request.dockerfile.text;
    const stop = new AbortController();
    const loading = loadContext(plan, { context, source }).catch((error: unknown) => stop.abort(error));
    const solving = solve(
      plan,
      {
        noCache: this.#request.noCache,
        fresh: this.#request.fresh,
        clock,
        performer,
        slots: jobs === undefined ? slots : within(slots, new Semaphore(jobs)),
        report: this.#report,
        operation: (step, outcomes) => operationOf(step, outcomes, context),
        explain: (error, step, outcomes) => explainFailure(error, { step, outcomes, context, source }),
        created: () => context.timestamps.created(),
        remote: { records: this.#remote.records, layers: this.#remote.lazy },
        claim: (layer) => context.lease.blob(layer),
        done: (step, performed) => this.#remote.done(step, performed),
      },
      AbortSignal.any([this.#signal, stop.signal]),
    );
    await Promise.allSettled([loading, solving]);
    return solving;
  }

  #explain(plan: Plan, outcomes: Outcomes): void {
    const { context, dockerfile, target = "", noCache, explain } = this.#request;
    const build = JSON.stringify([context, dockerfile.path ?? dockerfile.name, target]);
    const { store, clock } = this.#tools;
    const explained = explainBuild(store, { plan, outcomes, build, noCache }, clock);
    if (explain === true) for (const step of explained()) this.#report({ type: "explained", ...step });
  }

  async #publish(
    plan: Plan,
    outcomes: Outcomes,
    { tags, steps, contexts }: Publishing,
  ): Promise<BuildResult> {
    const { store, performer } = this.#tools;
    const { lazy } = this.#remote;
    const { requestedTime: created } = steps.timestamps;
    const assembled = assembleImage(plan.image, { outcomes, result: plan.result, created });
    const config = this.#remote.inline(assembled, plan, outcomes);
    const { attestations: wanted, pushOnly = false, annotations: all = [], platforms } = this.#request;
    const annotations = annotationsFor(all, platforms?.[0] ?? hostPlatform());
    const result = await this.#internal.run("exporting to image", async () => {
      const keep = async (): Promise<void> => contexts.keep();
      // The disk needs longer than the files' stats.
      await both(store.flush(), keep());
      performer.touchUsed();
      const stays = pushOnly && !isAttested(wanted);
      return publishImage(config, { store, lazy, tags, annotations, pushOnly: stays, signal: this.#signal });
    });
    if (wanted === undefined || result.unstored !== undefined) return result;
    const { attestations } = store;
    const { roots, fetched } = steps;
    const parts = { attestations, roots, signal: this.#signal };
    const built = { image: result.image, config, request: this.#request, plan, outcomes, fetched };
    const attest = (): Promise<void> => attestImage(parts, built, wanted);
    await (isAttested(wanted) ? this.#internal.run("attesting the image", attest) : attest());
    return result;
  }
}

interface Publishing {
  readonly tags: readonly Reference[];
  readonly steps: StepContext;
  readonly contexts: BuildContexts;
}

/** Hands each message on the first time only. */
function once(report: (message: string) => void): (message: string) => void {
  const said = new Set<string>();
  return (message) => {
    if (!said.has(message)) report(message);
    said.add(message);
  };
}
