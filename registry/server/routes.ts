import { Failure } from "../../core/errors.ts";
import type { Action, Handler, Target } from "./call.ts";
import { checkRepository } from "./names.ts";

/** One end-point: what its paths look like and who handles which method. */
export interface Route {
  readonly name: string;
  /** Groups: the repository (absent where there is none), then what stands after it. */
  readonly pattern: RegExp;
  readonly methods: Readonly<Record<string, { readonly action: Action; readonly handle: Handler }>>;
}

/** Longer than any path that can be right: name 255, tag 128, their surroundings, percent-encoded. */
const PATH_LIMIT = 2048;

/**
 * Finds the handler of a request, with what the path says. Throws ROUTE_UNKNOWN, METHOD_UNSUPPORTED, REPOSITORY_NAME_INVALID: before any
 * other part of the server sees a name, it is known to be one.
 */
export function findRoute(
  routes: readonly Route[],
  method: string,
  path: string,
): { readonly target: Target; readonly handle: Handler } {
  if (path.length > PATH_LIMIT) throw new Failure("ROUTE_UNKNOWN", { path: `${path.slice(0, 80)}…` });
  for (const { name, pattern, methods } of routes) {
    const match = pattern.exec(path);
    if (match === null) continue;
    const { repository, reference = "" } = match.groups ?? {};
    if (repository !== undefined) checkRepository(repository);
    const found = Object.hasOwn(methods, method) ? methods[method] : undefined;
    if (found === undefined) throw new Failure("METHOD_UNSUPPORTED", { method, allow: Object.keys(methods) });
    const target: Target = {
      route: name,
      action: found.action,
      reference: decode(reference),
      ...(repository === undefined ? {} : { repository }),
    };
    return { target, handle: found.handle };
  }
  throw new Failure("ROUTE_UNKNOWN", { path });
}

/** Some clients encode the colon of a digest. */
function decode(text: string): string {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Failure("REQUEST_INVALID", { why: `cannot decode ${JSON.stringify(text)}` });
  }
}
