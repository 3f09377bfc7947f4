import type { Descriptor } from "../core/descriptor.ts";
import { digestOf } from "../core/digest.ts";
import { idUnder, underPrefix } from "../core/own-ids.ts";
import { formatPlatform, hostPlatform, type Platform, samePlatform } from "../core/platform.ts";
import { familiarReference, parseReference, withDefaultTag } from "../core/reference.ts";
import type { Abortable } from "../core/streams.ts";
import { encodeIndex } from "../image/manifest.ts";
import { MEDIA_TYPES } from "../image/media-types.ts";
import type { ImageStore, ListMember } from "../store/types.ts";
import type { Builder } from "./build.ts";
import type { BuildEvent } from "./events.ts";
import type { BuildRequest, BuildResult } from "./types.ts";

interface Parts {
  /** Builds for one platform. */
  readonly build: Builder["build"];
  readonly images: ImageStore;
  readonly clock: () => number;
}
interface Call {
  readonly request: BuildRequest;
  readonly report: (event: BuildEvent) => void;
}

/**
 * Builds for several platforms at a time, or for one, whose image is then a list's too; steps that are the same for all of them are performed once. Nothing is tagged unless every one succeeds;
 * the first failure ends the others.
 */
export async function buildPlatforms(
  { build, images, clock }: Parts,
  { request, report }: Call,
  { signal }: Abortable = {},
): Promise<BuildResult> {
  const { tags, platforms = [hostPlatform()] } = request;
  const names = tags.map((tag) => familiarReference(withDefaultTag(parseReference(tag))));
  const stop = new AbortController();
  const signals = AbortSignal.any([stop.signal, ...(signal === undefined ? [] : [signal])]);
  const buildFor = async (platform: Platform, index: number): Promise<ListMember> => {
    // The store keeps the images of a list.
    const one = { ...request, tags: [], platforms: [platform], showPlatform: true, pushOnly: false };
    try {
      const result = await build(one, reportOf(platform, { report, isFirst: index === 0 }), {
        signal: signals,
      });
      return { platform, image: result.image };
    } catch (error) {
      stop.abort(error);
      throw error;
    }
  };
  const building = platforms.map(buildFor);
  await Promise.allSettled(building);
  const members = await firstFailure(building, stop);
  const own = members.find(({ platform }) => samePlatform(platform, hostPlatform())) ?? members[0];
  if (own === undefined) throw new RangeError("a build for no platform");
  for (const name of names) images.tagList(own.image, members, name);
  report({ type: "result", image: own.image, tags: names, time: clock() });
  return { image: own.image, tags: names, members, index: indexOf(members, images) };
}

function indexOf(members: readonly ListMember[], images: ImageStore): Descriptor {
  const manifests = members.map(({ platform, image }) => ({ ...images.get(image).manifest, platform }));
  const raw = encodeIndex({ mediaType: MEDIA_TYPES.index, manifests });
  return { mediaType: MEDIA_TYPES.index, digest: digestOf(raw), size: raw.byteLength };
}

/** Those that were stopped say only that they were; the reason is what stopped them. */
async function firstFailure<T>(
  building: readonly Promise<T>[],
  stop: AbortController,
): Promise<readonly T[]> {
  if (stop.signal.aborted) throw stop.signal.reason;
  return Promise.all(building);
}

/** Steps of several platforms have ids of their own. What is written, and what is warned of, is the same for all. */
function reportOf(
  platform: Platform,
  { report, isFirst }: { readonly report: Call["report"]; readonly isFirst: boolean },
): Call["report"] {
  const prefix = formatPlatform(platform);
  return (event) => {
    const isShared = event.type === "instructions" || event.type === "warning";
    if (event.type === "result" || (isShared && !isFirst)) return;
    report(event.type === "instructions" ? instructionsUnder(prefix, event) : underPrefix(prefix, event));
  };
}

type Instructions = Extract<BuildEvent, { readonly type: "instructions" }>;

const instructionsUnder = (prefix: string, event: Instructions): Instructions => ({
  ...event,
  list: event.list.map((written) =>
    written.step === undefined ? written : { ...written, step: idUnder(prefix, written.step) },
  ),
});
