import { realpathSync } from "node:fs";
import { posix } from "node:path";
import { Failure } from "../../core/errors.ts";
import type { Store, Tree } from "../../store/types.ts";
import { Listings } from "../cache/listings.ts";
import type { IgnoreFile } from "../types.ts";
import { readFingerprints } from "./fingerprint.ts";
import { rulesOf, select } from "./select.ts";
import { entriesOf, type Selected } from "./selected.ts";
import { Selection, type SelectionReader } from "./selection.ts";
import type { Source, SourceRoot, Sources } from "./source-root.ts";
import { StatCache } from "./stat-cache.ts";
import { readVisibility } from "./visibility.ts";

export interface ContextOptions {
  /** The context directory. */
  readonly path: string;
  /** The Dockerfile's own file, if it is one: an ignore file may lie beside it. */
  readonly dockerfile?: string;
  /** In place of all ignore files. */
  readonly ignore?: IgnoreFile;
  readonly clock: () => number;
}

/**
 * The files that COPY and ADD take from the user's directory. Nothing is looked at before a source is selected, and nothing but what the
 * sources name. Dispose to close the directory and to keep what was learned of its files.
 */
export class BuildContext implements Disposable {
  readonly #store: Pick<Store, "trees" | "database">;
  readonly #options: ContextOptions;
  readonly #listings: Listings;
  readonly #selections = new Map<string, Promise<Selection>>();
  #root: Promise<SourceRoot> | undefined;
  #cache: StatCache | undefined;
  #tree: Tree | undefined;

  constructor(store: Pick<Store, "trees" | "database">, options: ContextOptions) {
    this.#store = store;
    this.#options = options;
    this.#listings = new Listings(store.database, options.clock);
  }

  /** Rejects with CONTEXT_UNREADABLE. */
  root(): Promise<SourceRoot> {
    this.#root ??= this.#open();
    return this.#root;
  }

  /** Rejects with COPY_SOURCE_MISSING, CONTEXT_UNREADABLE. The same sources are looked at once. */
  select(sources: Sources): Promise<Selection> {
    const key = JSON.stringify(sources);
    let selection = this.#selections.get(key);
    if (selection === undefined) {
      selection = this.#select(sources);
      this.#selections.set(key, selection);
    }
    return selection;
  }

  /** Keeps what was learned of the files up to now. */
  keep(): void {
    this.#cache?.save();
  }

  [Symbol.dispose](): void {
    this.keep();
    this.#tree?.[Symbol.dispose]();
  }

  async #open(): Promise<SourceRoot> {
    const { path, dockerfile, ignore, clock } = this.#options;
    const unreadable = (cause: unknown): never => {
      throw new Failure("CONTEXT_UNREADABLE", { path }, { cause });
    };
    const tree = await this.#store.trees.openDirectory(path).catch(unreadable);
    this.#tree = tree;
    const name = `${realpathSync(path)}\0${dockerfile ?? ""}`;
    this.#cache = new StatCache(this.#store.database, name, clock);
    const visibility = readVisibility(tree, { dockerfile, ignore });
    const owner = { uid: 0, gid: 0 };
    return { name: "the build context", tree, owner, ...(visibility === undefined ? {} : { visibility }) };
  }

  async #select(sources: Sources): Promise<Selection> {
    const root = await this.root();
    const cache = this.#cache;
    const reader = readerOf(root, this.#listings);
    if (cache === undefined) return selectAll(root, sources, reader);
    const fingerprints: SelectionReader["fingerprints"] = (selected) =>
      cache.fingerprints(root.tree, selected);
    return selectAll(root, sources, { ...reader, fingerprints });
  }
}

/** The sources of a COPY from a root filesystem, which nothing is remembered of. */
export const selectFrom = (root: SourceRoot, sources: Sources, listings: Listings): Promise<Selection> =>
  selectAll(root, sources, readerOf(root, listings));

function readerOf(root: SourceRoot, listings: Listings): SelectionReader {
  return {
    fingerprints: (selected) => readFingerprints(root.tree, entriesOf(selected)),
    keepListing: (content, listing) => listings.put(content, listing),
  };
}

const patternText = ({ path, below }: Source): string => posix.join(path, below ?? "").slice(1);

async function selectAll(root: SourceRoot, sources: Sources, reader: SelectionReader): Promise<Selection> {
  const exclude = sources.exclude.length === 0 ? undefined : rulesOf(sources.exclude);
  const found = await Promise.all(sources.list.map((source) => select(root, source, exclude)));
  const isEmpty = ({ below }: Source, selected: readonly Selected[] = []): boolean =>
    selected.every((each) => below !== undefined && each.below.length === 0);
  const empty = sources.list.filter((source, i) => isEmpty(source, found[i])).map(patternText);
  return new Selection(found.flat(), empty, reader);
}
