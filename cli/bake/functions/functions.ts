import type { Value } from "../hcl/ast.ts";

/** By name. Arguments that are missing are undefined. */
export type Functions = Readonly<Record<string, (...args: readonly Value[]) => Value>>;
