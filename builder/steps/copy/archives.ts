import { closeSync, realpathSync } from "node:fs";
import { posix } from "node:path";
import type { LazyList } from "../../../core/lazy-list.ts";
import type { Tree } from "../../../store/types.ts";
import type { Selected, SelectedEntry } from "../../context/selected.ts";
import type { StepContext } from "../step-context.ts";

/**
 * The sources of one ADD that are archives. They are unpacked below the store, by content and not by name; what is unpacked goes with the
 * lease. A layer has one directory that its sources lie below, so as soon as there is an archive it is the host's root.
 */
export class Archives implements Disposable {
  readonly #context: StepContext;
  readonly #tree: Tree | undefined;
  #host: Tree | undefined;
  #prefix = "";

  constructor(context: StepContext, tree: Tree | undefined) {
    this.#context = context;
    this.#tree = tree;
  }

  /** What the sources of the layer lie below. */
  get root(): Tree | undefined {
    return this.#host ?? this.#tree;
  }

  /** The content of each source that is an archive. */
  async unpack(
    sources: readonly Selected[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<Selected, LazyList<SelectedEntry>>> {
    const found = new Map<Selected, LazyList<SelectedEntry>>();
    for (const source of sources) {
      signal.throwIfAborted();
      const directory = source.self.stat.type === "file" ? await this.#unpackOne(source.self) : undefined;
      if (directory === undefined) continue;
      found.set(source, await this.#read(directory));
      await this.#widen();
    }
    return found;
  }

  /** The source as it is seen from `root`. */
  rebase(source: Selected): Selected {
    if (this.#host === undefined) return source;
    const move = (entry: SelectedEntry): SelectedEntry => ({
      ...entry,
      source: posix.join(this.#prefix, entry.source),
    });
    return { ...source, self: move(source.self), below: source.below.map(move) };
  }

  [Symbol.dispose](): void {
    this.#host?.[Symbol.dispose]();
  }

  async #unpackOne({ source }: SelectedEntry): Promise<string | undefined> {
    const { store, lease } = this.#context;
    if (this.#tree === undefined) return undefined;
    const fd = this.#tree.openFile(source);
    try {
      return await store.layers.unpackArchive(fd, lease);
    } finally {
      closeSync(fd);
    }
  }

  async #read(directory: string): Promise<LazyList<SelectedEntry>> {
    using tree = await this.#context.store.trees.openDirectory(directory);
    return (await tree.scan("/")).map(({ path, stat }) => ({
      path,
      stat,
      source: posix.join(directory, path),
    }));
  }

  async #widen(): Promise<void> {
    if (this.#host !== undefined) return;
    this.#host = await this.#context.store.trees.openDirectory("/");
    this.#prefix = realpathSync(`/proc/self/fd/${this.#tree?.fd}`);
  }
}
