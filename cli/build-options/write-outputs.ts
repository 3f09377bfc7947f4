import { mkdir, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { Failure } from "../../core/errors.ts";
import type { Abortable } from "../../core/streams.ts";
import type { BuildResult, ImageService } from "../../engine/api.ts";
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
type Of<T extends Output["type"]> = Extract<Output, { readonly type: T }>;
type Writer<T extends Output["type"]> = (
  output: Of<T>,
  result: BuildResult,
  writing: Writing,
) => Promise<void>;

const WRITERS: { readonly [T in Output["type"]]: Writer<T> } = {
  directory: async ({ path }, { image }, { images, signal }) => {
    await mkdir(path, { recursive: true });
    const tar = images.rootfs(image, signal === undefined ? {} : { signal });
    await unpackInto(tar, { target: path, owner: false, whole: true });
  },
  tar: ({ file }, { image }, { context, images, signal }) =>
    writeTo(context, checked(context, file), images.rootfs(image, signal === undefined ? {} : { signal })),
  archive: ({ file }, { image, tags }, { context, images, signal }) => {
    const saved = images.save(tags.length === 0 ? [image] : tags, signal === undefined ? {} : { signal });
    return writeTo(context, checked(context, file), saved);
  },
  image: ({ push, compression }, { tags }, writing) =>
    push
      ? pushAll(tags, { ...writing, ...(compression === undefined ? {} : { compression }) })
      : Promise.resolve(),
};

/** Makes what was asked for of a build's result, one after the other. */
export async function writeOutputs(
  outputs: readonly Output[],
  result: BuildResult,
  writing: Writing,
): Promise<void> {
  for (const output of outputs) await writeOne(output, result, writing);
}

const writeOne = <T extends Output["type"]>(
  output: Of<T>,
  result: BuildResult,
  writing: Writing,
): Promise<void> => (WRITERS[output.type as T] as Writer<T>)(output, result, writing);

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
  { context, images, quiet, signal, compression }: Writing & { readonly compression?: "gzip" | "zstd" },
): Promise<void> {
  const options = {
    ...(signal === undefined ? {} : { signal }),
    ...(compression === undefined ? {} : { compression }),
  };
  const progress = transferProgress(context.stderr, quiet);
  try {
    for (const tag of tags) await images.push(tag, (event) => progress.report(event), options);
  } finally {
    progress.close();
  }
}

/** What docker's --metadata-file says of a result. */
export async function writeMetadata(
  path: string,
  { image, tags }: BuildResult,
  { context, images }: Pick<Writing, "context" | "images">,
): Promise<void> {
  const { record } = await images.get(image);
  const metadata = {
    "containerimage.config.digest": image,
    "containerimage.descriptor": record.manifest,
    "containerimage.digest": record.manifest.digest,
    ...(tags.length === 0 ? {} : { "image.name": tags.join(",") }),
  };
  await writeFile(resolve(context.cwd, path), `${JSON.stringify(metadata, undefined, 2)}\n`);
}
