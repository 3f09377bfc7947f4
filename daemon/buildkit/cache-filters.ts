import type { CacheFilters } from "../../core/build-cache.ts";
import { Failure } from "../../core/errors.ts";

const FIELD = /([A-Za-z][\w.-]*)(?:(==|!=|~=)("(?:[^"\\]|\\.)*"|[^",]*))?(?:,|$)/y;
const SUFFIX: Readonly<Record<string, string>> = { "==": "", "!=": "!", "~=": "~" };

/**
 * Filters of BuildKit's clients, "type==regular,id~=ab,inuse": all conditions of one hold. https://github.com/containerd/containerd/tree/main/pkg/filters
 * Throws OPTION_INVALID; OPTION_UNSUPPORTED for several, of which any may hold.
 */
export function readCacheFilters(filters: readonly string[]): CacheFilters {
  // Clients without filters send an empty one.
  const [filter = "", second] = filters.filter((text) => text !== "");
  if (second !== undefined)
    throw new Failure("OPTION_UNSUPPORTED", { option: `more than one filter: ${second}` });
  const found: Record<string, readonly string[]> = {};
  FIELD.lastIndex = 0;
  while (FIELD.lastIndex < filter.length) {
    const [, name, operator = "==", value] = FIELD.exec(filter) ?? [];
    if (name === undefined) throw invalid(filter);
    const key = `${name}${SUFFIX[operator] ?? ""}`;
    found[key] = [...(found[key] ?? []), ...(value === undefined ? [] : [unquoted(value)])];
  }
  return found;
}

function unquoted(value: string): string {
  if (!value.startsWith('"')) return value;
  try {
    return String(JSON.parse(value));
  } catch {
    throw invalid(value);
  }
}

const invalid = (got: string): Failure =>
  new Failure("OPTION_INVALID", {
    option: "filter",
    got,
    want: "conditions like type==regular, between commas",
  });
