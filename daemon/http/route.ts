import type { IncomingHttpHeaders } from "node:http";
import type { ZodType } from "zod";
import { Failure } from "../../core/errors.ts";
import type { ByteStream } from "../../core/streams.ts";
import { readJson } from "./body.ts";
import type { Answer, Call } from "./call.ts";
import { check } from "./check.ts";
import { queryOf } from "./param.ts";

export type Method = "GET" | "HEAD" | "POST" | "PUT" | "DELETE" | "OPTIONS";

/** The names in a pattern: ":id" stands for one segment of the path, "*name" for one or more. */
type ParamsOf<Path extends string> = Path extends `${infer First}/${infer Rest}`
  ? ParamsOf<First> & ParamsOf<Rest>
  : Path extends `${":" | "*"}${infer Name}`
    ? { readonly [K in Name]: string }
    : unknown;

/** How a request may fail besides being wrong (400) and faults of the engine (500). */
export type Refusal = 401 | 403 | 404 | 409 | 501 | 503;

/** What people are told of a route; docs/api.json is made of it. */
export interface RouteDescription<Status extends number = number> {
  readonly method: Method;
  /** What it does, in a few words. */
  readonly summary: string;
  /** What an answer says, by its status. */
  readonly answers: Readonly<Record<Status, string>>;
  readonly refuses?: readonly Refusal[];
  /** The parameters it reads; others are ignored, as the engine does. */
  readonly query?: ZodType;
  /** The JSON document it takes; without it the body is the handler's to read. */
  readonly body?: ZodType;
  /** The fields of that document, where the handler looks for them itself. */
  readonly fields?: ZodType;
  /** The media type of a body that is no such document. */
  readonly takes?: string;
}

export interface RouteDefinition<Path extends string, Query, Body, Status extends number>
  extends RouteDescription<Status> {
  readonly path: Path;
  readonly query?: ZodType<Query>;
  readonly body?: ZodType<Body>;
  readonly handle: (call: Call<ParamsOf<Path>, Query, Body>) => Promise<Answer<NoInfer<Status>>>;
}

/** A request whose path is known, before anything else of it was looked at. */
export interface Request {
  readonly params: Readonly<Record<string, string>>;
  readonly search: URLSearchParams;
  readonly stream: ByteStream;
  readonly api: number;
  readonly headers: IncomingHttpHeaders;
  readonly signal: AbortSignal;
}

export interface Route extends RouteDescription {
  readonly path: string;
  readonly pattern: RegExp;
  readonly serve: (request: Request) => Promise<Answer>;
}

/** A row of the table: the schemas decide what the handler is given. */
export function route<
  const Path extends string,
  Query = unknown,
  Body = unknown,
  Status extends number = never,
>(definition: RouteDefinition<Path, Query, Body, Status>): Route {
  const { path, query, body, handle, ...description } = definition;
  return {
    ...description,
    ...(query === undefined ? {} : { query }),
    ...(body === undefined ? {} : { body }),
    path,
    pattern: compile(path),
    serve: async ({ search, ...request }) =>
      handle({
        ...request,
        // compile() makes a group of every name that ParamsOf finds, and what has no schema has no type either.
        params: request.params as ParamsOf<Path>,
        query: (query === undefined ? {} : check(query, queryOf(search))) as Query,
        body: (body === undefined
          ? undefined
          : check(body, await readJson(request.stream, request.headers))) as Body,
      }),
  };
}

/** Paths have no character that means something to a regular expression. */
function compile(path: string): RegExp {
  return new RegExp(`^${path.replace(/:(\w+)/g, "(?<$1>[^/]+)").replace(/\*(\w+)/g, "(?<$1>.+)")}$`);
}

/** The first route that fits, as the table has them. Throws PAGE_UNKNOWN, also where only the method is wrong, as the engine does. */
export function findRoute(
  routes: readonly Route[],
  method: string,
  path: string,
): { readonly route: Route; readonly params: Readonly<Record<string, string>> } {
  for (const candidate of routes) {
    const found = candidate.method === method ? candidate.pattern.exec(path) : null;
    if (found !== null) return { route: candidate, params: decode(found.groups ?? {}) };
  }
  throw new Failure("PAGE_UNKNOWN", {});
}

function decode(groups: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  try {
    return Object.fromEntries(Object.entries(groups).map(([name, text]) => [name, decodeURIComponent(text)]));
  } catch (cause) {
    if (!(cause instanceof URIError)) throw cause;
    throw new Failure("REQUEST_INVALID", { why: "invalid URL escape in the path" }, { cause });
  }
}
