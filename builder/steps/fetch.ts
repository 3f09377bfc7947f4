import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { temporaryPath } from "../../store/content/temporary.ts";
import type { LayerInfo } from "../../store/snapshotter.ts";
import { Listings } from "../cache/listings.ts";
import type { Part } from "../cache/preimage.ts";
import { selectFrom } from "../context/build-context.ts";
import type { FetchStep, RemoteSource } from "../plan/step.ts";
import { checkOut, resolveCommit } from "../remote/git.ts";
import { fileNameOf, type HttpFile } from "../remote/http.ts";
import type { Operation } from "../solve/operation.ts";
import { Placement } from "./copy/placement.ts";
import type { StepContext } from "./step-context.ts";

/**
 * Brings what is elsewhere into a layer: the source at index i becomes the directory /i. Its key is what there is now: the digest of a file,
 * the commit of a repository.
 */
export function fetchOperation(step: FetchStep, context: StepContext): Operation {
  const fetching = new Fetching(step, context);
  return {
    definition: [
      ["instruction", "fetch"],
      ["sources", step.sources.map((source) => Object.entries(source))],
    ],
    inputs: () => fetching.inputs(),
    perform: (signal) => fetching.perform(signal),
  };
}

class Fetching {
  readonly #step: FetchStep;
  readonly #context: StepContext;
  readonly #directory: string;
  readonly #commits = new Map<number, string>();
  #inputs: Promise<readonly Part[]> | undefined;

  constructor(step: FetchStep, context: StepContext) {
    this.#step = step;
    this.#context = context;
    this.#directory = temporaryPath(context.store.paths);
    context.lease.temporary(this.#directory);
  }

  inputs(): Promise<readonly Part[]> {
    this.#inputs ??= Promise.all(this.#step.sources.map((source, i) => this.#look(source, i)));
    return this.#inputs;
  }

  async perform(signal: AbortSignal): Promise<LayerInfo> {
    await this.inputs();
    for (const [i, source] of this.#step.sources.entries()) await this.#bring(source, i, signal);
    return this.#write();
  }

  /** Without waiting for a download where it is known beforehand what it must be. */
  async #look(source: RemoteSource, i: number): Promise<Part> {
    const { signal, secrets, fetched } = this.#context;
    if (source.kind === "git") {
      const commit = await resolveCommit(source, { secrets, signal });
      this.#commits.set(i, commit);
      fetched.set(source, commit);
      return [source.remote, commit];
    }
    const { url, checksum } = source;
    if (checksum !== "") {
      fetched.set(source, checksum);
      return [url, checksum];
    }
    const { digest, mtime } = await this.#context.httpFiles.look(source, this.#pathOf(source, i), signal);
    fetched.set(source, digest);
    return [url, [digest, mtime]];
  }

  async #bring(source: RemoteSource, i: number, signal: AbortSignal): Promise<void> {
    const { secrets, httpFiles } = this.#context;
    if (source.kind === "http") {
      const path = this.#pathOf(source, i);
      if (!existsSync(path)) await httpFiles.download(source, path, signal);
      return;
    }
    const directory = join(this.#directory, String(i));
    await mkdir(this.#directory, { recursive: true });
    await checkOut(source, this.#commits.get(i) ?? "HEAD", { directory, secrets, signal });
  }

  #pathOf({ url }: HttpFile, i: number): string {
    return join(this.#directory, String(i), fileNameOf(url));
  }

  async #write(): Promise<LayerInfo> {
    const { store, timestamps, clock } = this.#context;
    using tree = await store.trees.openDirectory(this.#directory);
    const root = { name: "what was fetched", tree, owner: { uid: 0, gid: 0 } };
    const { selected } = await selectFrom(
      root,
      { list: [{ path: "/" }], exclude: [] },
      new Listings(store.database, clock),
    );
    const clampMtime = await timestamps.clamp();
    const placement = new Placement(undefined, {
      target: "/",
      now: await timestamps.now(),
      sources: tree,
      ...(clampMtime === undefined ? {} : { clampMtime }),
    });
    for (const source of selected) await placement.place(source);
    return await store.layers.write(tree.fd, placement.entries());
  }
}
