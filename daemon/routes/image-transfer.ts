import * as z from "zod";
import { Failure } from "../../core/errors.ts";
import { parsePlatform } from "../../core/platform.ts";
import type { ByteStream } from "../../core/streams.ts";
import type { ImageService, TransferEvent } from "../../engine/api.ts";
import type { Answer, Call } from "../http/call.ts";
import * as param from "../http/param.ts";
import { type Route, route } from "../http/route.ts";
import { download } from "../streams/download.ts";
import { progressAnswer } from "../streams/progress.ts";
import { platform, requirePlatform } from "../wire/platform.ts";
import { readRegistryAuth } from "../wire/registry-auth.ts";
import { referenceOf, transferMessage } from "../wire/transfer.ts";

const CREATE_QUERY = z.object({
  fromImage: param.text,
  fromSrc: param.text,
  repo: param.text,
  tag: param.text,
  message: param.optionalText,
  changes: param.list,
  platform: param.optionalText.transform((text) =>
    text === undefined ? {} : { platform: parsePlatform(text) },
  ),
});
type Create = Call<unknown, z.output<typeof CREATE_QUERY>>;

// Docker's API has no word for how layers are compressed.
const PUSH_QUERY = z.object({ tag: param.text, platform, compression: param.oneOf(["gzip", "zstd"]) });
type Push = Call<{ readonly name: string }, z.output<typeof PUSH_QUERY>>;

/** How images come and go: registries, archives, tars of root filesystems. */
export const imageTransferRoutes = (images: ImageService): readonly Route[] => [
  route({
    method: "POST",
    path: "/images/create",
    summary: "Pulls an image, or makes one of a tar",
    answers: { 200: "progress, JSON, one a line" },
    refuses: [404, 503],
    takes: "application/x-tar",
    query: CREATE_QUERY,
    handle: (call) => (call.query.fromImage !== "" ? pull(images, call) : importTar(images, call)),
  }),
  route({
    method: "POST",
    path: "/images/*name/push",
    summary: "Pushes an image to its registry",
    answers: { 200: "progress, JSON, one a line" },
    refuses: [404],
    query: PUSH_QUERY,
    handle: (call) => push(images, call),
  }),
  route({
    method: "POST",
    path: "/images/load",
    summary: "Loads images from an archive",
    answers: { 200: "progress, JSON, one a line" },
    takes: "application/x-tar",
    query: z.object({ quiet: param.flag(), platform }),
    handle: ({ query: { platform }, stream, signal }) =>
      progressAnswer(async (write) => {
        const options = { signal, ...(platform === undefined ? {} : { platform }) };
        for (const { reference, id } of await images.load(stream, options)) {
          const what = reference === undefined ? `Loaded image ID: ${id}` : `Loaded image: ${reference}`;
          write({ stream: `${what}\n` });
        }
      }),
  }),
  route({
    method: "GET",
    path: "/images/get",
    summary: "Saves images to an archive",
    answers: { 200: "a tar" },
    refuses: [404],
    query: z.object({ names: param.list, platform }),
    handle: ({ query: { names, platform }, signal }) =>
      save(
        images,
        names.flatMap((name) => name.split(",")),
        { platform, signal },
      ),
  }),
  route({
    method: "GET",
    path: "/images/*name/get",
    summary: "Saves an image to an archive",
    answers: { 200: "a tar" },
    refuses: [404],
    query: z.object({ platform }),
    handle: ({ params: { name }, query: { platform }, signal }) => save(images, [name], { platform, signal }),
  }),
];

const isTagged = (name: string): boolean => /[:@][^/]*$/.test(name);

function pull(images: ImageService, { query, headers, signal }: Create): Promise<Answer<200>> {
  const { fromImage, tag, platform } = query;
  const options = {
    ...platform,
    allTags: tag === "" && !isTagged(fromImage),
    credentials: readRegistryAuth(headers),
    signal,
  };
  return progressAnswer(async (write) => {
    await images.pull(referenceOf(fromImage, tag), (event) => write(transferMessage(event)), options);
  });
}

async function push(
  images: ImageService,
  { params: { name }, query: { tag, platform, compression }, headers, signal }: Push,
): Promise<Answer<200>> {
  const reference = referenceOf(name, tag);
  if (platform !== undefined) await requirePlatform(images, reference, platform);
  const options = {
    allTags: tag === "" && !isTagged(name),
    ...(compression === undefined ? {} : { compression }),
    credentials: readRegistryAuth(headers),
    signal,
  };
  return progressAnswer(async (write) => {
    const report = (event: TransferEvent) => write(transferMessage(event));
    for (const { reference: pushed, digest, size } of await images.push(reference, report, options)) {
      const Tag = pushed.slice(pushed.lastIndexOf(":") + 1);
      write({ progressDetail: {}, aux: { Tag, Digest: digest, Size: size } });
    }
  });
}

async function importTar(images: ImageService, { query, stream, signal }: Create): Promise<Answer<200>> {
  const { fromSrc, repo, tag, message, changes, platform } = query;
  if (fromSrc === "")
    throw new Failure("REQUEST_INVALID", { why: "neither fromImage nor fromSrc was given" });
  const reference = repo === "" ? {} : { reference: referenceOf(repo, tag) };
  const said = { message: message ?? `Imported from ${fromSrc}` };
  const source: ByteStream = fromSrc === "-" ? stream : await download(fromSrc, signal);
  return progressAnswer(async (write) => {
    if (fromSrc !== "-") write({ status: `Downloading from ${fromSrc}` });
    write({ status: await images.import(source, { ...reference, ...said, ...platform, changes, signal }) });
  });
}

type Platform = z.output<typeof platform>;

async function save(
  images: ImageService,
  names: readonly string[],
  { platform, signal }: { readonly platform: Platform; readonly signal: AbortSignal },
): Promise<Answer<200>> {
  for (const name of names) await requirePlatform(images, name, platform);
  return {
    status: 200,
    headers: { "content-type": "application/x-tar" },
    stream: images.save(names, { signal }),
  };
}
