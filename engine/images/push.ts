import type { Compression } from "../../core/compression.ts";
import { Failure } from "../../core/errors.ts";
import {
  familiarName,
  formatReference,
  parseReference,
  type Reference,
  repositoryOf,
  withDefaultTag,
} from "../../core/reference.ts";
import type { UnstoredImage } from "../../image/unstored-image.ts";
import type { RegistryClient } from "../../registry/client/registry-client.ts";
import type { ImageStore } from "../../store/types.ts";
import type { AsWhom, PushedReference, TransferEvent } from "../api.ts";

export interface PushOptions extends AsWhom {
  readonly allTags?: boolean;
  readonly compression?: Compression;
  /** Pushed by the name, which need not be here. */
  readonly image?: UnstoredImage;
  readonly report: (event: TransferEvent) => void;
}

/** Pushes what `text` names: one tag, or with `allTags` every tag the repository has here. */
export async function pushImages(
  images: ImageStore,
  client: RegistryClient,
  text: string,
  { allTags = false, ...options }: PushOptions,
): Promise<readonly Omit<PushedReference, "size">[]> {
  const given = parseReference(text);
  if (given.digest !== undefined)
    throw new Failure("REFERENCE_INVALID", { text, why: "cannot push a digest reference" });
  if (allTags && given.tag !== undefined)
    throw new Failure("OPTIONS_CONFLICT", { one: "a tag", other: "--all-tags" });
  options.report({ status: `The push refers to repository [${repositoryOf(given)}]` });
  const wanted = allTags ? localTags(images, given) : [withDefaultTag(given)];
  const isHere = (reference: Reference): boolean => images.find(formatReference(reference)) !== undefined;
  if (options.image === undefined && (wanted.length === 0 || !wanted.every(isHere)))
    throw new Failure("PUSH_NOTHING", { repository: familiarName(given) });
  const pushed: Omit<PushedReference, "size">[] = [];
  for (const reference of wanted)
    pushed.push({ reference: formatReference(reference), digest: await client.push(reference, options) });
  return pushed;
}

function localTags(images: ImageStore, given: Reference): readonly Reference[] {
  const repository = repositoryOf(given);
  return images
    .list()
    .flatMap(({ tags }) => tags.map(parseReference))
    .filter((reference) => repositoryOf(reference) === repository)
    .sort((a, b) => ((a.tag ?? "") < (b.tag ?? "") ? -1 : 1));
}
