import type { Abortable } from "../../core/streams.ts";
import { readJson, refusal } from "./answers.ts";
import type { Send } from "./http/message.ts";

export interface SearchResult {
  readonly name: string;
  readonly description: string;
  readonly stars: number;
  readonly official: boolean;
}

const ANSWER_LIMIT = 4 << 20;
const CATALOG_PAGE = 1000;

/** Docker Hub's search, of the first version of its protocol. */
export async function searchHub(
  send: Send,
  base: URL,
  { term, limit, ...options }: { readonly term: string; readonly limit: number } & Abortable,
): Promise<readonly SearchResult[]> {
  const url = new URL("v1/search", base);
  url.searchParams.set("q", term);
  url.searchParams.set("n", String(limit));
  const response = await send({ method: "GET", url, headers: {}, ...options });
  if (response.status !== 200) throw await refusal(response);
  const { results } = await readJson(response, ANSWER_LIMIT);
  return (Array.isArray(results) ? results : []).slice(0, limit).flatMap(readResult);
}

function readResult(value: unknown): readonly SearchResult[] {
  const result = (value ?? {}) as Readonly<Record<string, unknown>>;
  const { name, description, star_count: stars, is_official: official } = result;
  if (typeof name !== "string") return [];
  return [
    {
      name,
      description: typeof description === "string" ? description : "",
      stars: typeof stars === "number" ? stars : 0,
      official: official === true,
    },
  ];
}

/** The repositories of any other registry whose names contain `term`: distribution's catalog, of which the first page is read. */
export async function searchCatalog(
  send: Send,
  base: URL,
  { term, limit, ...options }: { readonly term: string; readonly limit: number } & Abortable,
): Promise<readonly SearchResult[]> {
  const url = new URL(`v2/_catalog?n=${CATALOG_PAGE}`, base);
  const scopes = [{ type: "registry", name: "catalog", actions: ["*"] }];
  const response = await send({ method: "GET", url, headers: {}, scopes, ...options });
  if (response.status !== 200) throw await refusal(response);
  const { repositories } = await readJson(response, ANSWER_LIMIT);
  return (Array.isArray(repositories) ? repositories : [])
    .filter((name): name is string => typeof name === "string" && name.includes(term))
    .slice(0, limit)
    .map((name) => ({ name: `${base.host}/${name}`, description: "", stars: 0, official: false }));
}
