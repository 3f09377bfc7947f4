import type { RegistryGrant } from "../engine/api.ts";
import type { FlagValues } from "./flags.ts";

type Right = RegistryGrant["actions"][number];

/** Flags that say what a user or token may do; each includes what the ones before it allow. */
export const RIGHTS_FLAGS = {
  pull: { kind: "list", type: "glob", help: "Repositories to pull from, as team/* or **" },
  push: { kind: "list", type: "glob", help: "Repositories to push to and pull from" },
  delete: { kind: "list", type: "glob", help: "Repositories to delete in, push to and pull from" },
} as const;

const LEVELS: Readonly<Record<keyof typeof RIGHTS_FLAGS, readonly Right[]>> = {
  pull: ["pull", "catalog"],
  push: ["pull", "push", "catalog"],
  delete: ["pull", "push", "delete", "catalog"],
};

export const grantsOf = (flags: FlagValues<typeof RIGHTS_FLAGS>): readonly RegistryGrant[] =>
  (["pull", "push", "delete"] as const)
    .filter((level) => flags[level].length > 0)
    .map((level) => ({ repositories: flags[level], actions: LEVELS[level] }));

/** "pull,push team/*; pull **". */
export const grantsText = (grants: readonly RegistryGrant[]): string =>
  grants.map(({ repositories, actions }) => `${actions.join(",")} ${repositories.join(" ")}`).join("; ");
