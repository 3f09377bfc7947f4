import type { CacheFilters } from "../../core/build-cache.ts";
import { readFilters } from "../filters.ts";

/** `--filter key=value`, `key!=value`, `key~=pattern`; "==" is "=". Throws OPTION_INVALID. */
export const readCacheFilters = (given: readonly string[]): CacheFilters =>
  readFilters(given.map((text) => text.replace("==", "=")));

export const CACHE_FILTER_HELP =
  'Provide filter values (e.g., "type=exec.cachemount", "until=24h", "description~=apt")';
