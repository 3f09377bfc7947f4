import { Failure } from "../../core/errors.ts";
import { finished, merged, type Target } from "./attributes.ts";

export interface NamedTarget {
  readonly name: string;
  readonly inherits: readonly string[];
  readonly target: Target;
}
export interface Group {
  readonly name: string;
  readonly targets: readonly string[];
}
/** What bake files say, before anything is inherited; of the same name later ones add to earlier ones. */
export interface Definition {
  readonly groups: readonly Group[];
  readonly targets: readonly NamedTarget[];
}

/** What is to be built: targets with all that they inherit, and the groups that led to them. */
export interface Chosen {
  readonly groups: ReadonlyMap<string, readonly string[]>;
  readonly targets: ReadonlyMap<string, Target>;
}

const DEFAULT = "default";

/** Changes a target as `--set` says. */
export type Override = (name: string, target: Target) => Target;

/** Throws BAKE_TARGET_UNKNOWN for a name that is no target and no group, BAKE_CYCLE. */
export function choose(definition: Definition, names: readonly string[], override: Override): Chosen {
  const chooser = new Chooser(definition, override);
  for (const name of names) chooser.add(name);
  chooser.addLinked();
  const groups = new Map(chooser.groups);
  const all = groups.get(DEFAULT) ?? [];
  const asked = names.filter((name) => name !== DEFAULT || !groups.has(DEFAULT));
  groups.set(DEFAULT, [...new Set([...all, ...asked])].sort());
  return { groups, targets: chooser.targets };
}

/** A result that is only looked at by others. */
export const CACHE_ONLY = { type: "cacheonly" } as const;

const LINK = "target:";

/** The targets that a target takes as contexts. */
export const linksOf = ({ contexts = {} }: Target): readonly string[] =>
  Object.values(contexts).flatMap((source) => (source.startsWith(LINK) ? [source.slice(LINK.length)] : []));

class Chooser {
  readonly groups = new Map<string, readonly string[]>();
  readonly targets = new Map<string, Target>();
  readonly #groups = new Map<string, string[]>();
  readonly #written: readonly NamedTarget[];
  readonly #override: Override;

  constructor({ groups, targets }: Definition, override: Override) {
    this.#written = targets;
    this.#override = override;
    for (const { name, targets: members } of groups)
      this.#groups.set(name, [...new Set([...(this.#groups.get(name) ?? []), ...members])]);
  }

  add(name: string): void {
    const members = this.#groups.get(name);
    if (members === undefined) this.#addTarget(name);
    else if (!this.groups.has(name)) {
      this.groups.set(name, members);
      // A group may hold a target of its own name.
      for (const member of members) {
        if (member === name) this.#addTarget(name);
        else this.add(member);
      }
    }
  }

  /** The targets that others take as contexts; nothing is made of them beside that. */
  addLinked(): void {
    const seen = new Set<string>();
    for (let open = [...this.targets.keys()]; open.length > 0; ) {
      const linked = open.flatMap((name) => linksOf(this.targets.get(name) ?? {}));
      open = linked.filter((name) => !seen.has(name));
      for (const name of open) {
        seen.add(name);
        if (this.targets.has(name)) continue;
        const target = finished(this.#resolve(name, []));
        this.targets.set(name, { ...target, output: [CACHE_ONLY] });
      }
    }
  }

  #addTarget(name: string): void {
    if (!this.targets.has(name)) this.targets.set(name, finished(this.#resolve(name, [])));
  }

  /** With what it inherits, from the first parent to itself. */
  #resolve(name: string, path: readonly string[]): Target {
    if (path.includes(name)) throw new Failure("BAKE_CYCLE", { path: [...path, name].join(" -> ") });
    const found = this.#written.filter((written) => written.name === name);
    if (found.length === 0) throw new Failure("BAKE_TARGET_UNKNOWN", { name, known: this.#known() });
    const inherits = found.map((written) => written.inherits).findLast((list) => list.length > 0) ?? [];
    const parents = inherits.map((parent) => this.#resolve(parent, [...path, name]));
    const own = found.map(({ target }) => target).reduce(merged, {});
    return this.#override(name, merged(parents.reduce(merged, {}), own));
  }

  #known(): string {
    return [...new Set([...this.#groups.keys(), ...this.#written.map(({ name }) => name)])].sort().join(", ");
  }
}
