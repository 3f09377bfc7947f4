import type { Descriptor } from "../core/descriptor.ts";
import { algorithmOf, type Digest, digestOf, hexOf } from "../core/digest.ts";
import { Failure } from "../core/errors.ts";
import { mapLimited } from "../core/map-limited.ts";
import { formatPlatform, type Platform } from "../core/platform.ts";
import { type Abortable, readAll } from "../core/streams.ts";
import type { ImageConfig } from "../image/config.ts";
import { findImage, parseConfigOf, requireImageConfig, requirePlatform } from "../image/find-image.ts";
import { type ImageManifest, type Manifest, parseManifest } from "../image/manifest.ts";
import { inflatedLimit } from "../store/inflated-limit.ts";
import type { Lease, Store } from "../store/types.ts";
import type { NamedContext } from "./dockerfile/resolved.ts";
import type { BaseImage, ImageSource, LayoutSource } from "./ports.ts";
import type { NamedBuildContext } from "./types.ts";

type Contexts = Readonly<Record<string, NamedBuildContext>>;

const DOCUMENT_LIMIT = 8 * 1024 * 1024;
const PARALLEL = 4;

/** By this name the image of a layout is known in a build. */
const referenceOf = (name: string, { digest }: LayoutSource): string => `oci-layout://${name}@${digest}`;

/** Named contexts as a Dockerfile sees them: an image of a layout is an image. */
export const contextsByName = (contexts: Contexts): ReadonlyMap<string, NamedContext> =>
  new Map(
    Object.entries(contexts).map(([name, context]) => [
      name.toLowerCase(),
      context.kind === "layout" ? { kind: "image", reference: referenceOf(name, context.layout) } : context,
    ]),
  );

interface Parts {
  readonly store: Store;
  readonly contexts: Contexts;
  /** Holds what is brought until the build has its own claim on it. */
  readonly lease: Lease;
}

/** The images of `source`, and those of the layouts among the named contexts: these are brought when a build asks for them. */
export function withLayouts(source: ImageSource, { contexts, ...parts }: Parts): ImageSource {
  const layouts = new Map(
    Object.entries(contexts).flatMap(([name, context]) =>
      context.kind === "layout" ? [[referenceOf(name, context.layout), context.layout] as const] : [],
    ),
  );
  return {
    resolve: (reference, options) => {
      const layout = layouts.get(reference);
      return layout === undefined
        ? source.resolve(reference, options)
        : bring({ ...parts, layout, reference }, options);
    },
  };
}

interface Bringing extends Omit<Parts, "contexts"> {
  readonly layout: LayoutSource;
  readonly reference: string;
}
interface For extends Abortable {
  readonly platform: Platform;
}

/** Rejects with PLATFORM_MISSING, PLATFORM_MISMATCH, MANIFEST_INVALID, DIGEST_MISMATCH and with what the layout fails with. */
async function bring(bringing: Bringing, options: For): Promise<BaseImage> {
  const manifest = await manifestFor(bringing, options);
  const config = await configOf(bringing, manifest, options);
  const { diff_ids: layers } = config.rootfs;
  const missing = layers.flatMap((diffId, i) => {
    const blob = manifest.layers[i];
    return blob === undefined ? [] : [{ diffId, blob }];
  });
  await mapLimited(missing, PARALLEL, (layer) => takeLayer(bringing, layer, options));
  return { reference: bringing.reference, id: manifest.config.digest, config, layers };
}

/** The layout's own manifest, or of its index the one for the platform. */
async function manifestFor({ layout, reference }: Bringing, options: For): Promise<ImageManifest> {
  const read = async ({ digest, mediaType }: LayoutEntry): Promise<Manifest> =>
    parseManifest(await readDocument(layout, digest, options), mediaType);
  const found = await findImage(await read(layout), options.platform, read);
  if (found !== undefined) return found;
  throw new Failure("PLATFORM_MISSING", { reference, platform: formatPlatform(options.platform) });
}

type LayoutEntry = Pick<Descriptor, "digest"> & { readonly mediaType?: string };

async function configOf(
  { layout, reference }: Bringing,
  manifest: ImageManifest,
  options: For,
): Promise<ImageConfig> {
  requireImageConfig(manifest.config);
  const config = parseConfigOf(manifest, await readDocument(layout, manifest.config.digest, options));
  requirePlatform(reference, config, options.platform);
  return config;
}

async function readDocument(layout: LayoutSource, digest: Digest, options: Abortable): Promise<Buffer> {
  const raw = await readAll(layout.blob(digest, options), DOCUMENT_LIMIT).catch((cause: Error) => {
    if (!(cause instanceof RangeError)) throw cause;
    throw new Failure("MANIFEST_INVALID", { why: `${digest} has ${cause.message}` }, { cause });
  });
  const got = digestOf(raw, algorithmOf(digest));
  if (got !== digest) throw new Failure("DIGEST_MISMATCH", { want: digest, got });
  return raw;
}

async function takeLayer(
  { store, lease, layout }: Bringing,
  { diffId, blob }: { readonly diffId: Digest; readonly blob: Descriptor },
  { signal }: For,
): Promise<void> {
  const options = signal === undefined ? {} : { signal };
  lease.blob(diffId);
  // Another process may be at the same layer: then its result is shared.
  await using _lock = await store.locks.hold(`layer-${hexOf(diffId)}`, options);
  if (store.layers.stat(diffId) !== undefined) return;
  const maxBytes = inflatedLimit(store, blob);
  await store.layers.adopt(layout.blob(blob.digest, options), { blob, diffId, maxBytes, ...options });
}
