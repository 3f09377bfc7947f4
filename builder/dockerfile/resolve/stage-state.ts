import type { Platform } from "../../../core/platform.ts";
import type { ContainerConfig, HistoryEntry, ImageConfig } from "../../../image/config.ts";
import type { LineRange } from "../ast.ts";
import { cut } from "../characters.ts";
import type { DeclaredArgument } from "../resolved.ts";

/** What tells the history entries of this builder, and of BuildKit, from the classic builder's. */
const COMMENT = "buildkit.dockerfile.v0";
export const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** A stage's image and environment while its instructions are applied, one after the other. */
export class StageState {
  readonly platform: Platform;
  /** ENV and ARG, and the base image's environment; the latest assignment stands last. */
  readonly variables: Map<string, string>;
  /** ARGs so far, those of the base stage first. */
  readonly args: DeclaredArgument[];
  /** Lines of the instructions of which only the last one counts, by keyword. */
  readonly lastOf = new Map<string, LineRange>();
  config: ContainerConfig;
  /** WORKDIR stood in this stage or one it is based on. */
  hasWorkdir: boolean;
  readonly #image: ImageConfig;
  #author: string | undefined;
  readonly #history: HistoryEntry[];

  private constructor(
    image: ImageConfig,
    from: Pick<StageState, "platform" | "variables" | "args" | "hasWorkdir">,
  ) {
    this.#image = image;
    this.#author = image.author;
    this.#history = [...(image.history ?? [])];
    this.config = image.config ?? {};
    this.platform = from.platform;
    this.variables = new Map(from.variables);
    this.args = [...from.args];
    this.hasWorkdir = from.hasWorkdir;
  }

  /** A stage that begins with an image. */
  static ofImage(image: ImageConfig, platform: Platform): StageState {
    const { created: _, ...undated } = image;
    const state = new StageState(undated, { platform, variables: new Map(), args: [], hasWorkdir: false });
    const env = state.config.Env ?? [];
    const hasPath = env.some((entry) => entry.startsWith("PATH="));
    const { OnBuild: _triggers, ...config } = state.config;
    state.config = {
      ...config,
      Env: hasPath ? env : [...env, `PATH=${DEFAULT_PATH}`],
      ...(config.WorkingDir && { WorkingDir: absolute("/", config.WorkingDir) }),
    };
    state.#readEnvironment();
    return state;
  }

  /** Continues a configuration as it is, as `commit --change` does: nothing is added, triggers stay. */
  static ofConfig(config: ContainerConfig, platform: Platform): StageState {
    const image = { ...emptyImage(platform), config };
    const state = new StageState(image, {
      platform,
      variables: new Map(),
      args: [],
      hasWorkdir: config.WorkingDir !== undefined,
    });
    state.#readEnvironment();
    return state;
  }

  #readEnvironment(): void {
    for (const entry of this.config.Env ?? []) {
      const [key, value = ""] = cut(entry, "=");
      this.setVariable(key, value);
    }
  }

  /** A stage that begins where another one ends. */
  static ofStage(base: StageState): StageState {
    const { OnBuild: _, ...config } = base.config;
    const state = new StageState(base.image(), base);
    state.config = config;
    return state;
  }

  setVariable(key: string, value: string): void {
    this.variables.delete(key);
    this.variables.set(key, value);
  }

  setAuthor(author: string): void {
    this.#author = author;
  }

  configure(change: Partial<ContainerConfig>): void {
    this.config = { ...this.config, ...change };
  }

  /** Adds an entry to the history and returns it. */
  commit(text: string, { layer }: { readonly layer: boolean }): HistoryEntry {
    const entry = { created_by: text, comment: COMMENT, ...(!layer && { empty_layer: true }) };
    this.#history.push(entry);
    return entry;
  }

  get cwd(): string {
    return this.config.WorkingDir || "/";
  }

  get user(): string {
    return this.config.User ?? "";
  }

  /** The image as it is now; without the layers of this build. */
  image(): ImageConfig {
    return {
      ...this.#image,
      ...(this.#author !== undefined && { author: this.#author }),
      config: this.config,
      history: [...this.#history],
    };
  }
}

/** The image of FROM scratch. */
export function emptyImage({ os, architecture, variant }: Platform): ImageConfig {
  return {
    architecture,
    ...(variant !== undefined && { variant }),
    os,
    config: { Env: [`PATH=${DEFAULT_PATH}`], WorkingDir: "/" },
    rootfs: { type: "layers", diff_ids: [] },
  };
}

/** Joins a path to its parent unless it is absolute, in which case it stays as it is written. */
export function absolute(parent: string, path: string): string {
  if (path.startsWith("/")) return path;
  return path === "" ? absolute("/", parent) : clean(`/${parent}/${path}`);
}

/** Go's path.Clean for an absolute path. */
export function clean(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}
