import * as z from "zod";
import { type CacheFilters, compileCacheFiltersBy } from "../../core/build-cache.ts";
import { parseBytes } from "../../core/bytes.ts";
import { parseDuration } from "../../core/duration.ts";
import { describeError } from "../../core/errors.ts";
import { searchPattern } from "../../core/search-pattern.ts";
import type { CacheBounds, CacheCare, CachePrune } from "../../engine/api.ts";

/** What `read` understands; what it throws says what is wrong. */
const readable = <T>(read: (text: string) => T) =>
  z.union([z.string(), z.number()]).transform((value, context): T => {
    try {
      return read(String(value));
    } catch (error) {
      context.addIssue(describeError(error));
      return z.NEVER;
    }
  });
const space = readable(parseBytes).optional();

/** "type=regular", "unused-for=48h". */
const filters = readable((text) => {
  const at = text.indexOf("=");
  const [key, value] = at < 0 ? [text, []] : [text.slice(0, at), [text.slice(at + 1).replace(/^=/, "")]];
  const filter: CacheFilters = { [key]: value };
  compileCacheFiltersBy(searchPattern, filter, 0);
  return filter;
});

const RULE = z.strictObject({
  all: z.boolean().optional(),
  filter: z.array(filters).optional(),
  keepDuration: readable(parseDuration).optional(),
  keepStorage: space,
  reservedSpace: space,
  maxUsedSpace: space,
  minFreeSpace: space,
});

/** daemon.json's `builder`. https://docs.docker.com/build/cache/garbage-collection/ */
export const BUILDER = z.strictObject({
  gc: z
    .strictObject({
      enabled: z.boolean().optional(),
      defaultKeepStorage: space,
      defaultReservedSpace: space,
      defaultMaxUsedSpace: space,
      defaultMinFreeSpace: space,
      policy: z.array(RULE).optional(),
    })
    .optional(),
});
type Builder = z.output<typeof BUILDER>;

/** What the daemon's settings say about the space of the build cache. */
export function cacheCare({
  builder,
}: {
  readonly builder?: Builder | undefined;
}): CacheCare | "off" | undefined {
  const gc = builder?.gc;
  if (gc === undefined) return undefined;
  if (gc.enabled === false) return "off";
  const bounds = present({
    reservedSpace: gc.defaultReservedSpace ?? gc.defaultKeepStorage,
    maxUsedSpace: gc.defaultMaxUsedSpace,
    minFreeSpace: gc.defaultMinFreeSpace,
  });
  return { ...bounds, ...(gc.policy === undefined ? {} : { rules: gc.policy.map(ruleOf) }) };
}

function ruleOf({
  all,
  filter = [],
  keepDuration,
  keepStorage,
  ...given
}: z.output<typeof RULE>): CachePrune {
  const { reservedSpace = keepStorage, maxUsedSpace, minFreeSpace } = given;
  return {
    ...(all === undefined ? {} : { all }),
    ...(filter.length === 0 ? {} : { filters: Object.assign({}, ...filter) as CacheFilters }),
    ...(keepDuration === undefined ? {} : { unusedMs: keepDuration }),
    ...present({ reservedSpace, maxUsedSpace, minFreeSpace }),
  };
}

type Given = { readonly [K in keyof CacheBounds]: number | undefined };
const present = (bounds: Given): CacheBounds =>
  Object.fromEntries(Object.entries(bounds).filter(([, value]) => value !== undefined));
