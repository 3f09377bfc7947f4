import type { Descriptor } from "../../core/descriptor.ts";
import { parseDigest } from "../../core/digest.ts";
import type { Document } from "../../core/document.ts";
import type { ImageHistory, ImageInfo, ImageRemoval, ImageService } from "../../engine/api.ts";
import { child, filled, number, text, texts } from "../http/fields.ts";
import { lacks } from "../lacks.ts";
import { readDigest } from "./container.ts";

type Found = Awaited<ReturnType<ImageService["get"]>>;
type Config = NonNullable<Found["config"]["config"]>;

/** Docker Engine API 1.51 "ImageSummary". */
export const readImageSummary = (document: Document): ImageInfo => ({
  ...names(document),
  id: readDigest(document, "Id"),
  size: number(document, "Size"),
  createdAt: fromSeconds(number(document, "Created")),
});

/** Engines of old list what has no name under this one. */
const NAMELESS = /^<none>[:@]<none>$/;
const names = (document: Document) => ({
  lists: [],
  tags: texts(document, "RepoTags").filter((name) => !NAMELESS.test(name)),
  digests: texts(document, "RepoDigests").filter((name) => !NAMELESS.test(name)),
});

/** Docker Engine API 1.51 "ImageInspect". Throws DAEMON_LACKS where the engine does not tell of the image's manifest. */
export function readImage(document: Document): Found {
  const layers = texts(child(document, "RootFS"), "Layers").map(parseDigest);
  const created = text(document, "Created");
  const variant = text(document, "Variant");
  const config = {
    created,
    architecture: text(document, "Architecture"),
    os: text(document, "Os"),
    ...(variant === "" ? {} : { variant }),
    config: filled<Config>(ZERO, child(document, "Config")),
    rootfs: { type: "layers", diff_ids: layers },
  } as const;
  const record = {
    ...names(document),
    id: readDigest(document, "Id"),
    manifest: readDescriptor(document),
    layers,
    size: number(document, "Size"),
    createdAt: new Date(created),
  };
  return { record, config };
}

const ZERO: Config = {
  User: "",
  ExposedPorts: {},
  Env: [],
  Entrypoint: [],
  Cmd: [],
  Volumes: {},
  WorkingDir: "",
  Labels: {},
};

function readDescriptor(document: Document): Descriptor {
  const descriptor = child(document, "Descriptor");
  if (text(descriptor, "digest") === "") throw lacks("telling the manifest of an image");
  return {
    mediaType: text(descriptor, "mediaType"),
    digest: readDigest(descriptor, "digest"),
    size: number(descriptor, "size"),
  };
}

/** Docker Engine API 1.51 "HistoryResponseItem". */
export const readHistory = (document: Document): ImageHistory => ({
  id: text(document, "Id"),
  createdAt: fromSeconds(number(document, "Created")),
  createdBy: text(document, "CreatedBy"),
  size: number(document, "Size"),
  comment: text(document, "Comment"),
  tags: texts(document, "Tags"),
});

/** Docker Engine API 1.51 "ImageDeleteResponseItem". */
export function readRemoval(document: Document): ImageRemoval {
  const untagged = text(document, "Untagged");
  return untagged === "" ? { deleted: text(document, "Deleted") } : { untagged };
}

const fromSeconds = (seconds: number): Date => new Date(seconds * 1000);
