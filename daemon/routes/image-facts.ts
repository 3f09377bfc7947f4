import * as z from "zod";
import type { ImageService } from "../../engine/api.ts";
import { ok } from "../http/call.ts";
import * as param from "../http/param.ts";
import { type Route, route } from "../http/route.ts";
import { platform, requirePlatform } from "../wire/platform.ts";

/** What there is to know about images that are here. */
export const imageFactRoutes = (images: ImageService): readonly Route[] => [
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
];
