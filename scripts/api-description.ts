// Writes docs/api.json, an OpenAPI description of what the daemon serves, from its table of routes: node --import tsx scripts/api-description.ts
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { ZodType } from "zod";
import * as z from "zod";
import { VERSION } from "../core/version.ts";
import type { Refusal, Route } from "../daemon/http/route.ts";
import { API, formatVersion } from "../daemon/http/version.ts";
import { routeTable } from "../daemon/routes/table.ts";
import type { Engine } from "../engine/api.ts";

export const DESCRIPTION = new URL("../docs/api.json", import.meta.url);

type Json = Readonly<Record<string, unknown>>;

const REFUSALS: Readonly<Record<400 | 500 | Refusal, string>> = {
  400: "the request is wrong, or asks for what is not supported; the message names it",
  401: "the registry asks for other credentials",
  403: "this may not be done to this object",
  404: "there is no such object",
  409: "the state of the object, or one of the same name, forbids it",
  500: "the engine, its host or a registry failed",
  501: "nothing that could be read is kept",
  503: "what is asked for is not to be had now: a swarm, or something that was to be fetched",
};

const INTRODUCTION = `Docker Engine API ${formatVersion(API.max)} as Slipway serves it. A path may begin with a version from /v${formatVersion(API.min)} to /v${formatVersion(API.max)}; without one it is the newest. \
Answers name the schema of https://docs.docker.com/reference/api/engine/version/v${formatVersion(API.max)}/ that they follow. A field of a request that is not described here is refused by its name, \
unless it says nothing ("", 0, false, null, empty). A path parameter that is marked x-slashes may hold slashes. \
Paths below /slipway/v1 are Slipway's own; that they are there is said by the header "slipway-api: 1" of the answer to /_ping.`;

/** The rows of the table; no handler is called, so that no engine is needed. */
export const describedRoutes = (): readonly Route[] =>
  routeTable({} as Engine, () => ({ Labels: [], Debug: false }));

export function renderDescription(routes = describedRoutes()): string {
  const names = new Set(routes.map(({ path }) => path));
  const operations = (path: string) =>
    routes
      .filter((row) => row.path === path)
      .map((row): readonly [string, Json] => [row.method.toLowerCase(), operation(row)]);
  const paths = Object.fromEntries(
    [...names].map((path) => [openPath(path), Object.fromEntries(operations(path))]),
  );
  const document = {
    openapi: "3.1.0",
    info: { title: "Slipway's Docker Engine API", version: VERSION, description: INTRODUCTION },
    servers: [{ url: "/" }, { url: `/v${formatVersion(API.max)}` }],
    paths,
    components: { responses: Object.fromEntries(Object.entries(REFUSALS).map(refusal)) },
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

/** "/images/*name/json" as OpenAPI writes it: "/images/{name}/json". */
export const openPath = (path: string): string => path.replace(/[:*](\w+)/g, "{$1}");

const refusal = ([status, description]: readonly [string, string]) => [
  status,
  {
    description,
    content: {
      "application/json": {
        schema: { type: "object", required: ["message"], properties: { message: { type: "string" } } },
      },
    },
  },
];

function operation({
  method,
  path,
  summary,
  answers,
  refuses = [],
  query,
  body,
  fields,
  takes,
}: Route): Json {
  const failures = ([400, ...refuses, 500] as const).map((status) => [
    status,
    { $ref: `#/components/responses/${status}` },
  ]);
  return {
    summary,
    operationId: `${method} ${path}`.toLowerCase().match(/\w+/g)?.join("_"),
    tags: [path.split("/")[1]],
    parameters: [...pathParameters(path), ...(query === undefined ? [] : queryParameters(query))],
    ...requestBody(fields ?? body, takes),
    responses: {
      ...Object.fromEntries(
        Object.entries(answers).map(([status, description]) => [status, { description }]),
      ),
      ...Object.fromEntries(failures),
    },
  };
}

const pathParameters = (path: string): readonly Json[] =>
  [...path.matchAll(/([:*])(\w+)/g)].map(([, mark, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
    ...(mark === "*" ? { "x-slashes": true } : {}),
  }));

function queryParameters(query: ZodType): readonly Json[] {
  const { properties = {}, required = [] } = jsonSchema(query) as {
    readonly properties?: Readonly<Record<string, Json>>;
    readonly required?: readonly string[];
  };
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: "query",
    ...(required.includes(name) ? { required: true } : {}),
    schema: schema["written"] ?? schema,
  }));
}

function requestBody(schema: ZodType | undefined, takes: string | undefined): Json {
  if (takes !== undefined) return { requestBody: { content: { [takes]: {} } } };
  if (schema === undefined) return {};
  return { requestBody: { content: { "application/json": { schema: jsonSchema(schema) } } } };
}

/** What comes in, before the schema makes something else of it. */
function jsonSchema(schema: ZodType): Json {
  const { $schema: _, ...described } = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  return described;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await writeFile(DESCRIPTION, renderDescription());
