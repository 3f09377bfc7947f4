import { createReadStream } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { type Builder, type BuilderOptions, createBuilder } from "../../../builder/build.ts";
import type { CachePlaces } from "../../../builder/cache/remote/types.ts";
import type { CacheUse } from "../../../builder/cache/usage.ts";
import type { BuildEvent } from "../../../builder/events.ts";
import type { BaseImage, Executor, HttpSource, ImageSource, RunRequest } from "../../../builder/ports.ts";
import type { BuildRequest } from "../../../builder/types.ts";
import type { Digest } from "../../../core/digest.ts";
import { Failure } from "../../../core/errors.ts";
import { hostPlatform } from "../../../core/platform.ts";
import { directoryCache } from "../../../engine/builds/directory-cache.ts";
import type { BaseImageTar } from "../../../fixtures/base-images.ts";
import type { ImageConfig } from "../../../image/config.ts";
import { loadKernel } from "../../../native/binding.ts";
import { openStore, type StoreOptions } from "../../../store/open-store.ts";
import type { Store } from "../../../store/types.ts";
import { buildRequest } from "../../support/build-request.ts";
import { Scratch } from "../../support/scratch.ts";
import { testedDriver } from "../../support/snapshot-driver.ts";
import { type FileTree, treeOf } from "./file-tree.ts";
import { realExecutor } from "./real-executor.ts";

/** A command of a test: what it does to the writable directory of its snapshot, and how it ends. */
export type FakeCommand = (
  request: RunRequest,
  upper: string,
  signal: AbortSignal | undefined,
) => number | Promise<number>;

export interface Built {
  readonly image: Digest;
  readonly config: ImageConfig;
  readonly events: readonly BuildEvent[];
  /** Names of the steps that were really performed. */
  readonly performed: readonly string[];
  readonly cached: readonly string[];
  readonly tree: (keptTime?: number) => Promise<FileTree>;
}

/** A builder on a real store of its own, whose RUN steps call a function. */
export class BuildFixture implements AsyncDisposable {
  readonly store: Store;
  readonly builder: Builder;
  readonly scratch: Scratch;
  readonly requests: RunRequest[] = [];
  readonly images = new Map<string, BaseImage>();
  /** Milliseconds; every look at the clock takes one. */
  now = Date.UTC(2030, 0, 1);
  command: FakeCommand = () => 0;
  /** Names of images that stand for others. */
  alias: (reference: string) => string = (reference) => reference;
  #real: (Executor & AsyncDisposable) | undefined;

  private constructor(scratch: Scratch, store: Store) {
    this.scratch = scratch;
    this.store = store;
    this.builder = this.anotherBuilder(store);
  }

  static async open(options: Pick<StoreOptions, "driver"> = testedDriver()): Promise<BuildFixture> {
    const scratch = new Scratch();
    return new BuildFixture(
      scratch,
      await openStore(scratch.join("root"), { kernel: loadKernel(), ...options }),
    );
  }

  anotherBuilder(store: Store, options: Partial<BuilderOptions> = {}): Builder {
    const executor: Executor = {
      run: async (request, options) => {
        this.requests.push(request);
        if (this.#real !== undefined) return this.#real.run(request, options);
        const code = await this.command(request, upperOf(request), options?.signal);
        return { status: { code }, exclude: [] };
      },
    };
    const images: ImageSource = {
      resolve: async (reference) => {
        const image = this.images.get(this.alias(reference));
        if (image === undefined) throw new Failure("IMAGE_UNKNOWN", { reference });
        return image;
      },
    };
    const caches: CachePlaces = {
      open: (location) => {
        if (location.kind === "directory") return directoryCache({ store, kernel: loadKernel() }, location);
        throw new TypeError("no test of the builder alone has a registry");
      },
    };
    return createBuilder({
      store,
      executor,
      images,
      caches,
      http: webSource,
      clock: () => this.now++,
      ...options,
    });
  }

  /** From now on commands run in real containers, and the image `reference` is there to build on. */
  async useContainers(base: BaseImageTar): Promise<void> {
    this.#real ??= realExecutor(this.store);
    const layer = await this.store.layers.adopt(createReadStream(base.tar));
    const config: ImageConfig = {
      created: "2020-01-01T00:00:00Z",
      architecture: hostPlatform().architecture,
      os: "linux",
      config: { Env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"], Cmd: ["sh"] },
      rootfs: { type: "layers", diff_ids: [layer.diffId] },
      history: [{ created: "2020-01-01T00:00:00Z", created_by: "import" }],
    };
    const { id } = await this.store.images.publish({ config });
    const reference = `docker.io/library/${base.reference}`;
    this.images.set(reference, { reference, id, config, layers: [layer.diffId] });
  }

  request(dockerfile: readonly string[], more: Partial<BuildRequest> = {}): BuildRequest {
    return buildRequest(this.scratch.join("context"), dockerfile, more);
  }

  /** What a build did, without its image, which need not be in the store. */
  async watch(dockerfile: readonly string[], more: Partial<BuildRequest> = {}, builder = this.builder) {
    const events: BuildEvent[] = [];
    const result = await builder.build(this.request(dockerfile, more), (event) => events.push(event));
    const warnings = events.flatMap((event) => (event.type === "warning" ? [event.message] : []));
    return { ...result, events, warnings, performed: namesOf(events, false), cached: namesOf(events, true) };
  }

  async build(dockerfile: readonly string[], more: Partial<BuildRequest> = {}): Promise<Built> {
    const { image, events, performed, cached } = await this.watch(dockerfile, more);
    const config = await this.store.images.config(image);
    return {
      image,
      config,
      events,
      performed,
      cached,
      tree: (keptTime = -1) =>
        treeOf(
          config.rootfs.diff_ids.map((layer) => createReadStream(this.store.content.path(layer))),
          keptTime,
        ),
    };
  }

  /** Removes what the cache keeps, but for what builds have now; the layers stay until a collection. */
  async emptyCache(): Promise<readonly CacheUse[]> {
    const removed = await this.builder.remove(await this.builder.usage(), "by a test");
    this.builder.forget({ all: true });
    return removed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#real?.[Symbol.asyncDispose]();
    await this.store[Symbol.asyncDispose]();
    this.scratch[Symbol.dispose]();
  }
}

/** By Node's own fetch, which follows redirects. */
const webSource: HttpSource = {
  get: async (url, headers, { signal = null } = {}) => {
    const response = await fetch(url, { headers, signal });
    return {
      status: response.status,
      header: (name) => response.headers.get(name) ?? undefined,
      body: response.body ?? Readable.from([]),
      discard: async () => response.body?.cancel(),
    };
  },
};

function namesOf(events: readonly BuildEvent[], cached: boolean): readonly string[] {
  const names = new Map(
    events.flatMap((event) => (event.type === "step" ? [[event.id, event.name] as const] : [])),
  );
  return events.flatMap((event) =>
    event.type === "finished" && event.cached === cached && !event.id.startsWith("internal")
      ? [names.get(event.id) ?? ""]
      : [],
  );
}

/** Where the overlay of a writable snapshot keeps what is written. */
function upperOf({ rootfs }: RunRequest): string {
  const root = rootfs.at(-1);
  const upper = root?.options.find((option) => option.startsWith("upperdir="));
  return upper?.slice("upperdir=".length) ?? join(root?.source ?? "");
}
