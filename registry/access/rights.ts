import { compileGlob } from "./repository-glob.ts";

/** What a rule can allow. `catalog`: to list repositories, of which one sees those one may pull. */
export const RIGHTS = ["pull", "push", "delete", "catalog"] as const;
export type Right = (typeof RIGHTS)[number];

/** What somebody may do where. */
export interface Grant {
  /** Patterns, see compileGlob(). */
  readonly repositories: readonly string[];
  readonly actions: readonly Right[];
}
/** For whom: names of users, `*` for everybody who has logged in as one, `anonymous` for everybody. */
export interface Rule extends Grant {
  readonly users: readonly string[];
}
export const ANONYMOUS = "anonymous";
export const EVERY_USER = "*";

/** Whether an action is allowed in a repository; `catalog` has none. */
export type Allows = (action: Right, repository?: string) => boolean;

/** A grant allows all of its actions in all of its repositories; what no grant allows is denied. */
export function compileGrants(grants: readonly Grant[]): Allows {
  const compiled = grants.map(({ repositories, actions }) => ({
    actions: new Set(actions),
    matchers: repositories.map(compileGlob),
  }));
  return (action, repository) =>
    compiled.some(
      ({ actions, matchers }) =>
        actions.has(action) && (repository === undefined || matchers.some((matches) => matches(repository))),
    );
}

/** The names whose rules hold for somebody. */
const namesFor = (user: string | undefined): readonly string[] =>
  user === undefined ? [ANONYMOUS] : [ANONYMOUS, EVERY_USER, user];

/** What a policy allows a user; undefined: whoever has not logged in. */
export function compilePolicy(rules: readonly Rule[]): (user: string | undefined) => Allows {
  const known = new Map<string | undefined, Allows>();
  const named = new Set(rules.flatMap(({ users }) => users));
  return (user) => {
    // Users no rule names are alike; remembering each of them would let names from outside fill the memory.
    const key = user === undefined || named.has(user) ? user : EVERY_USER;
    const found = known.get(key);
    if (found !== undefined) return found;
    const names = namesFor(key);
    const made = compileGrants(rules.filter(({ users }) => users.some((name) => names.includes(name))));
    known.set(key, made);
    return made;
  };
}
