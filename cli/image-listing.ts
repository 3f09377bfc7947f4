import { humanDuration } from "../core/human-duration.ts";
import { shortId } from "../core/ids.ts";
import type { ImageInfo, ImageRemoval } from "../engine/api.ts";
import { humanSize } from "./format/units.ts";
import type { Listing } from "./listing.ts";
import { formatTime } from "./time.ts";

interface ImageRow {
  readonly record: ImageInfo;
  readonly repository: string;
  readonly tag: string;
  readonly digest: string;
}

const NONE = "<none>";

/** One row for each tag; an image without one has a row of its own. `-q` lists every id once. */
export function imageRows(
  records: readonly ImageInfo[],
  { quiet }: { readonly quiet: boolean },
): readonly ImageRow[] {
  return records.flatMap((record) => {
    const digests = new Map(record.digests.map((text) => splitAt(text, "@")));
    const untagged = {
      record,
      repository: [...digests.keys()][0] ?? NONE,
      tag: NONE,
      digest: [...digests.values()][0] ?? NONE,
    };
    if (quiet || record.tags.length === 0) return [untagged];
    return record.tags.map((text) => {
      const [repository, tag] = splitAt(text, ":");
      return { record, repository, tag, digest: digests.get(repository) ?? NONE };
    });
  });
}

/** The columns of `docker images`. `now` in milliseconds since the epoch. */
export function imageListing(options: {
  readonly truncate: boolean;
  readonly digests: boolean;
  readonly now: number;
}): Listing<ImageRow> {
  return {
    quiet: "ID",
    table: ["Repository", "Tag", ...(options.digests ? ["Digest"] : []), "ID", "CreatedSince", "Size"],
    fields: {
      Repository: { header: "REPOSITORY", value: ({ repository }) => repository },
      Tag: { header: "TAG", value: ({ tag }) => tag },
      Digest: { header: "DIGEST", value: ({ digest }) => digest },
      ID: { header: "IMAGE ID", value: ({ record: { id } }) => (options.truncate ? shortId(id) : id) },
      CreatedSince: {
        header: "CREATED",
        value: ({ record }) => `${humanDuration(options.now - record.createdAt.getTime())} ago`,
      },
      CreatedAt: { header: "CREATED AT", value: ({ record }) => formatTime(record.createdAt) },
      Size: { header: "SIZE", value: ({ record }) => humanSize(record.size) },
      VirtualSize: { header: "SIZE", value: ({ record }) => humanSize(record.size) },
      // docker computes these for `system df -v` only.
      Containers: { header: "CONTAINERS", value: () => "N/A" },
      SharedSize: { header: "SHARED SIZE", value: () => "N/A" },
      UniqueSize: { header: "UNIQUE SIZE", value: () => "N/A" },
    },
  };
}

/** Splits at the last `separator`: a host may have a port, but a tag follows it. */
function splitAt(text: string, separator: string): [string, string] {
  const at = text.lastIndexOf(separator);
  return [text.slice(0, at), text.slice(at + 1)];
}

export const removalText = (removal: ImageRemoval): string =>
  "untagged" in removal ? `Untagged: ${removal.untagged}` : `Deleted: ${removal.deleted}`;
