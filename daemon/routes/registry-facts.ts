import * as z from "zod";
import type { DistributionService } from "../../engine/api.ts";
import { ok } from "../http/call.ts";
import { check } from "../http/check.ts";
import * as param from "../http/param.ts";
import { type Route, route } from "../http/route.ts";
import { readRegistryAuth } from "../wire/registry-auth.ts";

const DEFAULT_LIMIT = 25;

/** What registries know about images. */
export const registryFactRoutes = (distribution: DistributionService): readonly Route[] => [
  route({
    method: "GET",
    path: "/images/search",
    summary: "Searches images in a registry",
    answers: { 200: "ImageSearchResponseItem, a list" },
    refuses: [401, 404],
    query: z.object({ term: param.text, limit: param.integer, filters: param.filters }),
    async handle({ query: { term, limit = DEFAULT_LIMIT, filters }, headers, signal }) {
      const fits = compileSearchFilters(filters);
      const found = await distribution.search(term, {
        limit,
        credentials: readRegistryAuth(headers),
        signal,
      });
      const results = found.filter(fits).map(({ name, description, stars, official }) => ({
        star_count: stars,
        is_official: official,
        name,
        is_automated: false,
        description,
      }));
      return ok(results);
    },
  }),
  route({
    method: "GET",
    path: "/distribution/*name/json",
    summary: "Asks a registry about an image",
    answers: { 200: "DistributionInspect" },
    refuses: [401, 403, 404],
    async handle({ params: { name }, headers, signal }) {
      const credentials = readRegistryAuth(headers);
      const { descriptor, platforms } = await distribution.describe(name, { credentials, signal });
      return ok({ Descriptor: descriptor, Platforms: platforms });
    },
  }),
];

type Found = Awaited<ReturnType<DistributionService["search"]>>[number];

const SEARCH_FILTERS = z.strictObject({
  "is-official": z.tuple([z.enum(["true", "false", "1", "0"])]).optional(),
  stars: z.array(z.string().regex(/^\d{1,9}$/, "expected a number of stars")).optional(),
});

function compileSearchFilters(filters: z.output<typeof param.filters>): (result: Found) => boolean {
  const { "is-official": official, stars = [] } = check(SEARCH_FILTERS, filters, "filter");
  const least = Math.max(0, ...stars.map(Number));
  const wanted = official === undefined ? undefined : ["true", "1"].includes(official[0]);
  return (result) => result.stars >= least && (wanted === undefined || result.official === wanted);
}
