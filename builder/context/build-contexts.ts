import type { Store } from "../../store/types.ts";
import type { BuildRequest } from "../types.ts";
import { BuildContext } from "./build-context.ts";

/** The directories that one build takes files from. Nothing is opened before a file is asked for. */
export class BuildContexts implements Disposable {
  readonly #main: BuildContext;
  readonly #named: ReadonlyMap<string, BuildContext>;

  constructor(
    store: Pick<Store, "trees" | "database">,
    { context: path, dockerfile, contexts = {} }: Pick<BuildRequest, "context" | "dockerfile" | "contexts">,
    clock: () => number,
  ) {
    const { path: file, ignore } = dockerfile;
    this.#main = new BuildContext(store, {
      path,
      clock,
      ...(file === undefined ? {} : { dockerfile: file }),
      ...(ignore === undefined ? {} : { ignore }),
    });
    this.#named = new Map(
      Object.entries(contexts).flatMap(([name, context]) =>
        context.kind === "directory"
          ? [[name.toLowerCase(), new BuildContext(store, { path: context.path, clock })] as const]
          : [],
      ),
    );
  }

  /** The build context, or the one of this name. */
  readonly of = (name: string | undefined): BuildContext => {
    const found = name === undefined ? this.#main : this.#named.get(name);
    if (found === undefined) throw new RangeError(`there is no build context ${name}`);
    return found;
  };

  /** True when a source of COPY is sure to be left out by the ignore file. */
  async ignored(): Promise<(path: string) => boolean> {
    // A context that cannot be read is told of by the first step that needs it.
    const root = await this.#main.root().catch(() => undefined);
    return (path) => root?.visibility?.hidesSource(path) ?? false;
  }

  /** Keeps what was learned of the files up to now. */
  keep(): void {
    for (const context of [this.#main, ...this.#named.values()]) context.keep();
  }

  [Symbol.dispose](): void {
    for (const context of [this.#main, ...this.#named.values()]) context[Symbol.dispose]();
  }
}
