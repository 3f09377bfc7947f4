import * as z from "zod";
import type { Engine } from "../../engine/api.ts";
import { ok } from "../http/call.ts";
import { check } from "../http/check.ts";
import * as param from "../http/param.ts";
import { type Route, route } from "../http/route.ts";
import { platform, requirePlatform } from "../wire/platform.ts";
import { readRegistryAuth } from "../wire/registry-auth.ts";

const DEFAULT_LIMIT = 25;

/** What there is to know about images, here and in registries. */
export const imageFactRoutes = ({
  images,
  distribution,
}: Pick<Engine, "images" | "distribution">): readonly Route[] => [
  route({
    method: "GET",
    path: "/images/json",
    summary: "Lists images",
    answers: { 200: "ImageSummary, a list" },
    refuses: [404],
    query: z.object({
      all: param.flag(),
      filters: param.filters,
      "shared-size": param.flag(),
      digests: param.flag(),
      manifests: param.flag(),
    }),
    handle: async ({ query: { filters, "shared-size": shared, manifests } }) =>
      ok(await images.summaries({ filters, shared, manifests })),
  }),
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
    path: "/images/*name/json",
    summary: "Inspects an image",
    answers: { 200: "ImageInspect" },
    refuses: [404],
    query: z.object({ manifests: param.flag(), platform }),
    async handle({ params: { name }, query: { manifests, platform } }) {
      await requirePlatform(images, name, platform);
      return ok(await images.inspect(name, { manifests }));
    },
  }),
  route({
    method: "GET",
    path: "/images/*name/history",
    summary: "Lists what an image was made by",
    answers: { 200: "HistoryResponseItem, a list" },
    refuses: [404],
    query: z.object({ platform }),
    async handle({ params: { name }, query: { platform } }) {
      await requirePlatform(images, name, platform);
      const history = await images.history(name);
      return ok(
        history.map(({ id, createdAt, createdBy, tags, size, comment }) => ({
          Comment: comment,
          Created: Math.floor(createdAt.getTime() / 1000),
          CreatedBy: createdBy,
          Id: id,
          Size: size,
          Tags: tags.length > 0 ? tags : null,
        })),
      );
    },
  }),
  // Docker's API has no such path.
  route({
    method: "GET",
    path: "/images/*name/attestations",
    summary: "Lists what is attested of an image",
    answers: { 200: "Kind, PredicateType, Digest, Size and Predicate, a list" },
    refuses: [404],
    async handle({ params: { name } }) {
      const found = await images.attestations(name);
      return ok(
        found.map(({ kind, type, digest, bytes, document }) => ({
          Kind: kind,
          PredicateType: type,
          Digest: digest,
          Size: bytes,
          Predicate: document,
        })),
      );
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

type Found = Awaited<ReturnType<Engine["distribution"]["search"]>>[number];

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
