import * as z from "zod";
import { Failure } from "../../core/errors.ts";
import type { Engine, ImageRemoval } from "../../engine/api.ts";
import { created, ok } from "../http/call.ts";
import { check } from "../http/check.ts";
import * as param from "../http/param.ts";
import { type Route, route } from "../http/route.ts";
import { COMMIT_BODY, CONFIG_FIELDS, readProcessConfig } from "../wire/container-create.ts";
import { referenceOf } from "../wire/transfer.ts";

/** How images here get and lose names, are made of containers and are removed. */
export const imageLifeRoutes = ({
  images,
  containers,
}: Pick<Engine, "images" | "containers">): readonly Route[] => [
  route({
    method: "POST",
    path: "/images/*name/tag",
    summary: "Gives an image another name",
    answers: { 201: "it has the name" },
    refuses: [404, 409],
    query: z.object({ repo: param.text, tag: param.text }),
    async handle({ params: { name }, query: { repo, tag } }) {
      await images.tag(name, referenceOf(repo, tag));
      return { status: 201 };
    },
  }),
  route({
    method: "DELETE",
    path: "/images/*name",
    summary: "Takes a name from an image, and removes one without names",
    answers: { 200: "ImageDeleteResponseItem, a list" },
    refuses: [404, 409],
    query: z.object({ force: param.flag(), noprune: param.flag(), platforms: param.list }),
    async handle({ params: { name }, query: { force, noprune, platforms } }) {
      if (platforms.length > 0) throw new Failure("OPTION_UNSUPPORTED", { option: "platforms" });
      return ok((await images.remove(name, { force, prune: !noprune })).map(removalDocument));
    },
  }),
  route({
    method: "POST",
    path: "/images/prune",
    summary: "Removes images that nothing uses",
    answers: { 200: "ImagePruneResponse" },
    query: z.object({ filters: param.filters }),
    async handle({ query: { filters } }) {
      const { dangling, ...others } = filters;
      const all = dangling !== undefined && check(DANGLING, dangling, "filter 'dangling'");
      const { removed, bytes } = await images.prune({ all, filters: others });
      const deleted = removed.map(removalDocument);
      return ok({ ImagesDeleted: deleted.length > 0 ? deleted : null, SpaceReclaimed: bytes });
    },
  }),
  route({
    method: "POST",
    path: "/commit",
    summary: "Makes an image of a container",
    answers: { 201: "IDResponse" },
    refuses: [404, 409],
    fields: CONFIG_FIELDS,
    query: z.object({
      container: param.text,
      repo: param.text,
      tag: param.text,
      comment: param.optionalText,
      author: param.optionalText,
      pause: param.flag(true),
      changes: param.list,
    }),
    body: COMMIT_BODY,
    async handle({ query: { container, repo, tag, comment, author, pause, changes }, body }) {
      const id = await containers.commit(container, {
        ...(repo === "" ? {} : { reference: referenceOf(repo, tag) }),
        ...(comment === undefined ? {} : { message: comment }),
        ...(author === undefined ? {} : { author }),
        config: readProcessConfig(body),
        // One parameter may hold several instructions, one a line.
        changes: changes.flatMap((text) => text.split("\n")).filter((line) => line.trim() !== ""),
        pause,
      });
      return created({ Id: id });
    },
  }),
];

/** True when all unused images are meant. */
const DANGLING = z
  .tuple([z.enum(["true", "false", "1", "0"], "expected true or false")])
  .transform(([value]) => value === "false" || value === "0");

const removalDocument = (removal: ImageRemoval) =>
  "untagged" in removal ? { Untagged: removal.untagged } : { Deleted: removal.deleted };
