import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { Failure } from "../../core/errors.ts";
import { formatPlatform } from "../../core/platform.ts";
import type { Abortable, ByteStream } from "../../core/streams.ts";
import type { BuildResult, ImageService, PushedReference, UnstoredImage } from "../../engine/api.ts";
import type { Context } from "../context.ts";
import { unpackInto } from "../copy/unpack.ts";
import { writeTo } from "../files.ts";
import { transferProgress } from "../progress/transfer.ts";
import { inFolders } from "./in-folders.ts";
import type { Output } from "./outputs.ts";
import { writeLayout } from "./write-layout.ts";

interface Writing extends Abortable {
  readonly context: Context;
  readonly images: ImageService;
  readonly quiet: boolean;
}
interface Pushing {
  readonly compression?: "gzip" | "zstd";
  readonly image?: UnstoredImage;
}

/** Built images are pushed as OCI's. */
const MANIFEST = "application/vnd.oci.image.manifest.v1+json";

type Of<T extends Output["type"]> = Extract<Output, { readonly type: T }>;
/** Resolves with what was pushed. */
type Writer<T extends Output["type"]> = (
  output: Of<T>,
  result: BuildResult,
  writing: Writing,
) => Promise<readonly PushedReference[] | undefined>;

const WRITERS: { readonly [T in Output["type"]]: Writer<T> } = {
  directory: async ({ path, mirror }, result, { images, signal }) => {
    if (mirror) await empty(path);
    for (const { folder, image } of foldersOf(result)) {
      const target = join(path, folder);
      await mkdir(target, { recursive: true });
      const tar = images.rootfs(image, signal === undefined ? {} : { signal });
      await unpackInto(tar, { target, owner: false, whole: true });
    }
    return undefined;
  },
  tar: async ({ file }, result, { context, images, signal }) => {
    const rootfs = (image: string) => images.rootfs(image, signal === undefined ? {} : { signal });
    const tar =
      result.members === undefined
        ? rootfs(result.image)
        : inFolders(foldersOf(result).map(({ folder, image }) => ({ folder, tar: rootfs(image) })));
    await writeTo(context, checked(context, file), tar);
    return undefined;
  },
  archive: async ({ file }, result, writing) => {
    const { context } = writing;
    await writeTo(context, checked(context, file), archiveOf(result, writing));
    return undefined;
  },
  layout: async ({ path }, result, writing) => {
    await writeLayout(archiveOf(result, writing), path);
    return undefined;
  },
  image: async ({ push, compression }, { tags, unstored }, writing) => {
    if (!push) return undefined;
    const form = compression === undefined ? {} : { compression };
    return pushAll(tags, { ...writing, ...form, ...(unstored === undefined ? {} : { image: unstored }) });
  },
};

function archiveOf({ image, tags, members }: BuildResult, { images, signal }: Writing): ByteStream {
  const options = signal === undefined ? {} : { signal };
  return members === undefined
    ? images.save(tags.length === 0 ? [image] : tags, options)
    : images.saveList(members, tags, options);
}

async function empty(folder: string): Promise<void> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  for (const name of names) await rm(join(folder, name), { recursive: true });
}

/** Files of several platforms are apart, as BuildKit names it: "linux_arm64". */
function foldersOf({
  image,
  members,
}: BuildResult): readonly { readonly folder: string; readonly image: string }[] {
  if (members === undefined) return [{ folder: "", image }];
  return members.map((member) => ({
    folder: formatPlatform(member.platform).replaceAll("/", "_"),
    image: member.image,
  }));
}

/** Makes what was asked for of a build's result, one after the other. Resolves with what was pushed. */
export async function writeOutputs(
  outputs: readonly Output[],
  result: BuildResult,
  writing: Writing,
): Promise<readonly PushedReference[]> {
  const pushed: PushedReference[] = [];
  for (const output of outputs) pushed.push(...((await writeOne(output, result, writing)) ?? []));
  return pushed;
}

const writeOne = <T extends Output["type"]>(
  output: Of<T>,
  result: BuildResult,
  writing: Writing,
): ReturnType<Writer<T>> => (WRITERS[output.type as T] as Writer<T>)(output, result, writing);

function checked({ stdout }: Context, file: string | undefined): string | undefined {
  if (file === undefined && stdout.isTTY === true)
    throw new Failure(
      "TERMINAL_REFUSED",
      { what: "write the result to" },
      { hint: "give dest=FILE or redirect" },
    );
  return file;
}

async function pushAll(
  tags: readonly string[],
  { context, images, quiet, ...options }: Writing & Pushing,
): Promise<readonly PushedReference[]> {
  const progress = transferProgress(context.stderr, quiet);
  try {
    const pushed: PushedReference[] = [];
    for (const tag of tags)
      pushed.push(...(await images.push(tag, (event) => progress.report(event), options)));
    return pushed;
  } finally {
    progress.close();
  }
}

/** Writes what docker's --metadata-file says of a result. */
export async function writeMetadata(
  path: string,
  result: BuildResult & { readonly pushed: readonly PushedReference[] },
  writing: Pick<Writing, "context" | "images">,
): Promise<void> {
  const metadata = await metadataOf(result, writing);
  await writeFile(resolve(writing.context.cwd, path), `${JSON.stringify(metadata, undefined, 2)}\n`);
}

/** A result as metadata files have it: its manifest is the one that was pushed, if it was. */
export async function metadataOf(
  { image, tags, index, pushed: [pushed] }: BuildResult & { readonly pushed: readonly PushedReference[] },
  { images }: Pick<Writing, "images">,
): Promise<Readonly<Record<string, unknown>>> {
  const mediaType = index?.mediaType ?? MANIFEST;
  const manifest =
    pushed === undefined
      ? (index ?? (await images.get(image)).record.manifest)
      : { mediaType, digest: pushed.digest, size: pushed.size };
  return {
    ...(index === undefined ? { "containerimage.config.digest": image } : {}),
    "containerimage.descriptor": manifest,
    "containerimage.digest": manifest.digest,
    ...(tags.length === 0 ? {} : { "image.name": tags.join(",") }),
  };
}
