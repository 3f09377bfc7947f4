/** What a token shall allow: https://distribution.github.io/distribution/spec/auth/scope/ */
export interface Scope {
  readonly type: string;
  readonly name: string;
  readonly actions: readonly string[];
}

export const repositoryScope = (name: string, ...actions: readonly string[]): Scope => ({
  type: "repository",
  name,
  actions,
});

const FORM = /^([^:]+):(.+):([^:]*)$/;

/** Reads "repository:a/b:pull,push repository:c:pull"; what is no scope is left out. */
export function parseScopes(text: string): readonly Scope[] {
  return text.split(" ").flatMap((part) => {
    const [, type, name, actions] = FORM.exec(part) ?? [];
    return type === undefined || name === undefined || actions === undefined
      ? []
      : [{ type, name, actions: actions.split(",").filter((action) => action !== "") }];
  });
}

/** One scope per resource with the actions of all, in one order, so that equal needs have equal texts. */
export function mergeScopes(...lists: readonly (readonly Scope[])[]): readonly Scope[] {
  const merged = new Map<string, Scope>();
  for (const scope of lists.flat()) {
    const key = `${scope.type}:${scope.name}`;
    const actions = new Set([...(merged.get(key)?.actions ?? []), ...scope.actions]);
    merged.set(key, { ...scope, actions: [...actions].sort() });
  }
  return [...merged.keys()].sort().flatMap((key) => merged.get(key) ?? []);
}

export const formatScope = ({ type, name, actions }: Scope): string => `${type}:${name}:${actions.join(",")}`;
