import { execFile } from "node:child_process";
import { createReadStream, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { BaseImageTar } from "../../../fixtures/base-images.ts";
import type { ImageConfig } from "../../../image/config.ts";
import { Scratch } from "../../support/scratch.ts";
import { added, commonBase } from "./added.ts";
import { failureFacts, type ImageFacts, type Tree } from "./image-facts.ts";
import { instructionAt } from "./instruction-at.ts";
import { aboveBase, documentFacts, treeFacts } from "./layers-facts.ts";
import type { PreparedCase } from "./prepared.ts";
import { ONE_LAYER } from "./recording.ts";

const run = promisify(execFile);
const SMALL_BASES = /\S*(?:busybox|alpine)\b\S*/;

/** BuildKit in the engine at DOCKER_HOST. Nothing of what it builds stays there. */
export class RealEngine implements AsyncDisposable {
  readonly #docker: string;
  readonly #base = `slipway-test-base:${process.pid}`;

  private constructor(docker: string) {
    this.#docker = docker;
  }

  static async open(docker: string, base: BaseImageTar): Promise<RealEngine> {
    const engine = new RealEngine(docker);
    const change = ["--change", "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"];
    await run(docker, ["import", ...change, "--change", 'CMD ["sh"]', base.tar, engine.#base]);
    return engine;
  }

  /** Whether cases on this image can be built; ours takes its place. */
  static hasBase(reference: string): boolean {
    return SMALL_BASES.test(reference);
  }

  /** What is above the base image; without the engine's cache. */
  async build(prepared: PreparedCase): Promise<ImageFacts> {
    using scratch = new Scratch();
    const { text, each, context, base, newest } = prepared;
    const own = text.replaceAll(/^(FROM\s+)(\S+)/gim, (whole, from: string, name: string) =>
      SMALL_BASES.test(name) ? `${from}${this.#base}` : whole,
    );
    writeFileSync(scratch.join("Dockerfile"), own);
    const values = Object.entries(each.buildArgs ?? {}).map(([name, value]) => `${name}=${value}`);
    const flags = ["--quiet", "--no-cache", "--file", scratch.join("Dockerfile")];
    let image: string;
    try {
      const args = values.flatMap((value) => ["--build-arg", value]);
      const env = { ...process.env, DOCKER_BUILDKIT: "1" };
      image = (await run(this.#docker, ["build", ...flags, ...args, context], { env })).stdout.trim();
    } catch (error) {
      return failureFacts(instructionAt(text, error));
    }
    await this.#save(image, scratch);
    // The engine keeps a context for a while: what it stamped may be older than this build.
    return await readSaved(scratch.join("image"), { start: newest + 1, onBase: base !== undefined });
  }

  async #save(image: string, scratch: Scratch): Promise<void> {
    try {
      await run(this.#docker, ["save", "--output", scratch.join("image.tar"), image]);
    } finally {
      await run(this.#docker, ["rmi", "--force", image]);
    }
    mkdirSync(scratch.join("image"));
    await run("tar", ["-xf", scratch.join("image.tar"), "-C", scratch.join("image")]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await run(this.#docker, ["rmi", "--force", this.#base]);
  }
}

async function readSaved(
  folder: string,
  { start, onBase }: { readonly start: number; readonly onBase: boolean },
): Promise<ImageFacts> {
  const read = (name: string): unknown => JSON.parse(readFileSync(join(folder, name), "utf8"));
  const [saved] = read("manifest.json") as readonly [{ Config: string; Layers: readonly string[] }];
  const config = read(saved.Config) as ImageConfig;
  const treeOf = (layers: readonly string[]): Promise<Tree> =>
    treeFacts(
      layers.map((name) => createReadStream(join(folder, name))),
      start,
    );
  if (!onBase) return { tree: await treeOf(saved.Layers), document: documentFacts(config) };
  const [base = "", ...above] = saved.Layers;
  return {
    tree: added(await treeOf(above), commonBase([await treeOf([base])])),
    document: documentFacts(aboveBase(config, ONE_LAYER)),
  };
}
