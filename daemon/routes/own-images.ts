import * as z from "zod";
import { parseDigest } from "../../core/digest.ts";
import { parsePlatform } from "../../core/platform.ts";
import type { ImageService } from "../../engine/api.ts";
import { check } from "../http/check.ts";
import * as param from "../http/param.ts";
import { type Route, route } from "../http/route.ts";

/** "linux/arm64@sha256:…" */
const MEMBERS = z
  .array(z.string().regex(/^[^@]+@[^@]+$/, "expected PLATFORM@ID"))
  .min(1, "expected a member")
  .transform((texts) => texts.map((text) => text.split("@")));

/** What Docker's API has no word for of images. */
export const ownImageRoutes = (images: ImageService): readonly Route[] => [
  route({
    method: "GET",
    path: "/slipway/v1/lists/get",
    summary: "Saves images of several platforms as members of one index to an archive",
    answers: { 200: "a tar" },
    refuses: [404],
    query: z.object({ member: param.list, tag: param.list }),
    async handle({ query: { member, tag: tags }, signal }) {
      const members = check(MEMBERS, member, "member").map(([platform = "", image = ""]) => ({
        platform: parsePlatform(platform),
        image: parseDigest(image),
      }));
      for (const { image } of members) await images.get(image);
      return {
        status: 200,
        headers: { "content-type": "application/x-tar" },
        stream: images.saveList(members, tags, { signal }),
      };
    },
  }),
];
