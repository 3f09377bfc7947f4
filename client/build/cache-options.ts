import type { BuildRequest, CacheExport, CacheLocation } from "../../engine/api.ts";
import type { SOLVE_REQUEST } from "../../wire/buildkit/control.ts";
import { lacks } from "../lacks.ts";

type SolveRequest = Parameters<typeof SOLVE_REQUEST.encode>[0];
type Entry = { readonly type: string; readonly attrs: ReadonlyMap<string, string> };

/** What BuildKit is asked for of caches elsewhere. Throws DAEMON_LACKS for a folder, which is on this side. */
export function cacheOptions({
  cacheFrom = [],
  cacheTo = [],
}: Pick<BuildRequest, "cacheFrom" | "cacheTo">): Pick<SolveRequest, "cache"> {
  if (cacheFrom.length === 0 && cacheTo.length === 0) return {};
  return { cache: { imports: cacheFrom.map(importOf), exports: cacheTo.map(exportOf) } };
}

const importOf = (from: CacheLocation): Entry => ({
  type: "registry",
  attrs: new Map([["ref", referenceOf(from)]]),
});

function exportOf({ to, mode, compression, ignoreErrors }: CacheExport): Entry {
  const shared = [
    ["mode", mode],
    ...(ignoreErrors ? [["ignore-error", "true"] as const] : []),
    // What BuildKit takes when nothing is said.
    ...(compression === "gzip" ? [] : [["compression", compression] as const]),
  ] as const;
  if (to.kind === "inline") return { type: "inline", attrs: new Map(shared) };
  return { type: "registry", attrs: new Map([["ref", referenceOf(to)], ...shared]) };
}

function referenceOf(location: CacheLocation): string {
  if (location.kind === "registry") return location.reference;
  throw lacks("keeping the cache of a build in a folder of this side (type=local)");
}
