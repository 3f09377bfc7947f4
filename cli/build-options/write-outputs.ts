import { mkdir, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { Failure } from "../../core/errors.ts";
import type { Abortable } from "../../core/streams.ts";
import type { BuildResult, ImageService, PushedReference, UnstoredImage } from "../../engine/api.ts";
import type { Context } from "../context.ts";
import { unpackInto } from "../copy/unpack.ts";
import { writeTo } from "../files.ts";
import { transferProgress } from "../progress/transfer.ts";
import type { Output } from "./outputs.ts";

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
  directory: async ({ path }, { image }, { images, signal }) => {
    await mkdir(path, { recursive: true });
    const tar = images.rootfs(image, signal === undefined ? {} : { signal });
    await unpackInto(tar, { target: path, owner: false, whole: true });
    return undefined;
  },
  tar: async ({ file }, { image }, { context, images, signal }) => {
    const tar = images.rootfs(image, signal === undefined ? {} : { signal });
    await writeTo(context, checked(context, file), tar);
    return undefined;
  },
  archive: async ({ file }, { image, tags }, { context, images, signal }) => {
    const saved = images.save(tags.length === 0 ? [image] : tags, signal === undefined ? {} : { signal });
    await writeTo(context, checked(context, file), saved);
    return undefined;
  },
  image: async ({ push, compression }, { tags, unstored }, writing) => {
    if (!push) return undefined;
    const form = compression === undefined ? {} : { compression };
    return pushAll(tags, { ...writing, ...form, ...(unstored === undefined ? {} : { image: unstored }) });
  },
};

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

/** What docker's --metadata-file says of a result: its manifest is the one that was pushed, if it was. */
export async function writeMetadata(
  path: string,
  { image, tags, pushed: [pushed] }: BuildResult & { readonly pushed: readonly PushedReference[] },
  { context, images }: Pick<Writing, "context" | "images">,
): Promise<void> {
  const manifest =
    pushed === undefined
      ? (await images.get(image)).record.manifest
      : { mediaType: MANIFEST, digest: pushed.digest, size: pushed.size };
  const metadata = {
    "containerimage.config.digest": image,
    "containerimage.descriptor": manifest,
    "containerimage.digest": manifest.digest,
    ...(tags.length === 0 ? {} : { "image.name": tags.join(",") }),
  };
  await writeFile(resolve(context.cwd, path), `${JSON.stringify(metadata, undefined, 2)}\n`);
}
