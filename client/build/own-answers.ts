import * as z from "zod";
import { isDigest } from "../../core/digest.ts";
import { Failure } from "../../core/errors.ts";
import type { BuildEvent, BuildResult, ImageDifference } from "../../engine/api.ts";
import { OWN_ANSWERS } from "../../wire/slipway/build-attrs.ts";

type Explained = Extract<BuildEvent, { readonly type: "explained" }>;

const EXPLAINED = z.array(
  z.object({
    id: z.string(),
    name: z.string(),
    cause: z.object({
      kind: z.enum(["never-built", "evicted", "no-cache", "changed"]),
      part: z.string().optional(),
      text: z.string(),
    }),
  }),
);
const DIFFERENCES = z.array(z.object({ path: z.string().optional(), what: z.string() }));

/** Why steps were performed; nothing where that was not asked for. Throws DAEMON_ANSWER_INVALID. */
export const readExplained = (answer: ReadonlyMap<string, string>): readonly Explained[] =>
  read(EXPLAINED, answer.get(OWN_ANSWERS.explained) ?? "[]").map(
    ({ cause: { part, ...cause }, ...rest }) => ({
      type: "explained",
      ...rest,
      cause: { ...cause, ...(part === undefined ? {} : { part }) },
    }),
  );

const MEMBERS = z.array(
  z.object({
    platform: z.object({
      os: z.string(),
      architecture: z.string(),
      variant: z.string().exactOptional(),
    }),
    image: z.string().refine(isDigest),
  }),
);
const INDEX = z.object({
  mediaType: z.string(),
  digest: z.string().refine(isDigest),
  size: z.number(),
});

/** The images of a build for several platforms, and their index; nothing where that was not asked for. Throws DAEMON_ANSWER_INVALID. */
export function readMembers(answer: ReadonlyMap<string, string>): Pick<BuildResult, "members" | "index"> {
  const members = answer.get(OWN_ANSWERS.members);
  if (members === undefined) return {};
  const descriptor = Buffer.from(answer.get("containerimage.descriptor") ?? "", "base64").toString();
  return { members: read(MEMBERS, members), index: read(INDEX, descriptor) };
}

/** What differs of a build that was verified. Throws DAEMON_ANSWER_INVALID, also when nothing is said of it. */
export const readDifferences = (answer: ReadonlyMap<string, string>): readonly ImageDifference[] =>
  read(DIFFERENCES, answer.get(OWN_ANSWERS.differences) ?? "").map(({ path, what }) => ({
    what,
    ...(path === undefined ? {} : { path }),
  }));

function read<T>(schema: z.ZodType<T>, text: string): T {
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new Failure(
      "DAEMON_ANSWER_INVALID",
      { why: "what it says of the build is of another form" },
      { cause },
    );
  }
}
