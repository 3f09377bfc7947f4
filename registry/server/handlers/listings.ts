import { parseDigest } from "../../../core/digest.ts";
import { Failure } from "../../../core/errors.ts";
import { MEDIA_TYPES } from "../../../image/media-types.ts";
import type { Referrer } from "../../storage/registry-metadata.ts";
import type { Answer, Call, Handler } from "../call.ts";
import { type Parts, repositoryOf } from "../parts.ts";
import { MANIFEST_LIMIT } from "./manifests.ts";

/** More come with the next page, whatever `n` says. */
const PAGE_LIMIT = 10_000;
const REFERRERS_LIMIT = 1000;

/** end-8a, 8b. */
export const listTags =
  ({ storage: { metadata } }: Parts): Handler =>
  async (call) => {
    const name = repositoryOf(call.target);
    if (!(await metadata.hasRepository(name))) throw new Failure("REPOSITORY_UNKNOWN", { name });
    return listNames(
      call,
      async (page) => metadata.tags(name, page),
      (tags) => ({ name, tags }),
    );
  };

/** GET /v2/_catalog, which the spec reserves and every registry has. */
export const listRepositories =
  ({ storage: { metadata } }: Parts): Handler =>
  async (call) =>
    listNames(
      call,
      async (page) => metadata.repositories(page),
      (names) => ({ repositories: names.filter((name) => call.caller.may("pull", name)) }),
    );

/** One page of names in byte order. */
export async function listNames(
  { query, path }: Call,
  list: (page: { readonly last?: string; readonly limit: number }) => Promise<readonly string[]>,
  document: (names: readonly string[]) => object,
): Promise<Answer> {
  const limit = Math.min(countOf(query.get("n")) ?? PAGE_LIMIT, PAGE_LIMIT);
  if (limit === 0) return json(document([]));
  const last = query.get("last");
  // One more than asked for tells whether there is a next page.
  const found = await list({ limit: limit + 1, ...(last === null ? {} : { last }) });
  const names = found.slice(0, limit);
  const end = names.at(-1);
  const next =
    found.length > limit && end !== undefined
      ? { link: nextLink(path, { n: String(limit), last: end }) }
      : {};
  return json(document(names), next);
}

function countOf(text: string | null): number | undefined {
  if (text === null) return undefined;
  if (!/^\d{1,9}$/.test(text))
    throw new Failure("REQUEST_INVALID", {
      why: `invalid n ${JSON.stringify(text.slice(0, 80))}: expected a number of results`,
    });
  return Number(text);
}

/** RFC 8288. */
const nextLink = (path: string, parameters: Readonly<Record<string, string>>): string =>
  `<${path}?${new URLSearchParams(parameters).toString()}>; rel="next"`;

export const json = (document: object, headers: Answer["headers"] = {}): Answer => ({
  status: 200,
  headers: { "content-type": "application/json", ...headers },
  body: JSON.stringify(document),
});

/** end-12a, 12b. Never 404: nothing refers to what nobody knows. */
export const listReferrers =
  ({ storage: { metadata } }: Parts): Handler =>
  async ({ target, query, path }) => {
    const digest = parseDigest(target.reference);
    const artifactType = query.get("artifactType") ?? "";
    const last = query.get("last");
    const filter = artifactType === "" ? {} : { artifactType };
    const found = await metadata.referrers(repositoryOf(target), digest, {
      limit: REFERRERS_LIMIT + 1,
      ...filter,
      ...(last === null ? {} : { last }),
    });
    const manifests = fitting(found.slice(0, REFERRERS_LIMIT));
    const end = manifests.at(-1);
    const more = found.length > manifests.length && end !== undefined;
    return json(
      { schemaVersion: 2, mediaType: MEDIA_TYPES.index, manifests },
      {
        "content-type": MEDIA_TYPES.index,
        ...(artifactType === "" ? {} : { "oci-filters-applied": "artifactType" }),
        ...(more ? { link: nextLink(path, { ...filter, last: end.digest }) } : {}),
      },
    );
  };

/** As many as an index may hold that every client accepts, one at least. */
function fitting(referrers: readonly Referrer[]): readonly Referrer[] {
  let size = 0;
  const end = referrers.findIndex((referrer, index) => {
    size += Buffer.byteLength(JSON.stringify(referrer)) + 1;
    return index > 0 && size > MANIFEST_LIMIT / 2;
  });
  return end < 0 ? referrers : referrers.slice(0, end);
}
