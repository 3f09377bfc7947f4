import { Failure } from "../../core/errors.ts";
import type { Platform } from "../../core/platform.ts";
import {
  familiarReference,
  formatReference,
  parseReference,
  type Reference,
  withDefaultTag,
} from "../../core/reference.ts";
import type { RegistryClient } from "../../registry/client/registry-client.ts";
import type { AsWhom, PulledReference, TransferEvent } from "../api.ts";

export interface PullOptions extends AsWhom {
  readonly platform?: Platform;
  readonly allTags?: boolean;
  readonly report: (event: TransferEvent) => void;
}

/** Pulls what `text` names: one image, or with `allTags` every tag of the repository. */
export async function pullImages(
  client: RegistryClient,
  text: string,
  { allTags = false, ...options }: PullOptions,
): Promise<readonly PulledReference[]> {
  const given = parseReference(text);
  if (allTags && (given.tag !== undefined || given.digest !== undefined))
    throw new Failure("OPTIONS_CONFLICT", { one: "a tag", other: "--all-tags" });
  const wanted: readonly Reference[] = allTags
    ? (await client.tags(given, options)).map((tag) => ({ ...given, tag }))
    : [withDefaultTag(given)];
  const { report } = options;
  const pulled: PulledReference[] = [];
  let changed = false;
  for (const reference of wanted) {
    const { id, digest, changed: isNew } = await client.pull(reference, options);
    pulled.push({ reference: formatReference(reference), id, digest });
    changed ||= isNew;
  }
  const name = familiarReference(allTags ? given : withDefaultTag(given));
  report({ status: `Status: ${changed ? "Downloaded newer image" : "Image is up to date"} for ${name}` });
  return pulled;
}
