import * as z from "zod";
import { switchArgument } from "../../core/builder-arguments.ts";
import { Failure } from "../../core/errors.ts";
import type { BuildService, CacheBounds, FetchedContext } from "../../engine/api.ts";
import { classicBuild } from "../build/classic-build.ts";
import { type Call, NO_CONTENT, ok, type Stream } from "../http/call.ts";
import * as param from "../http/param.ts";
import { type Route, route } from "../http/route.ts";
import { BUILD_QUERY, type BuildQuery, buildOptions } from "../wire/build-query.ts";
import { readRegistryConfig } from "../wire/registry-config.ts";

const PRUNE_BOUNDS = ["keep-storage", "reserved-space", "max-used-space", "min-free-space"] as const;
const BOUNDS = Object.fromEntries(PRUNE_BOUNDS.map((name) => [name, param.integer])) as Record<
  (typeof PRUNE_BOUNDS)[number],
  typeof param.integer
>;

/** Builds under way that were given an id, to be cancelled by it. */
type Running = Map<string, AbortController>;

export function buildRoutes(builds: BuildService): readonly Route[] {
  const running: Running = new Map();
  return [
    route({
      method: "POST",
      path: "/build",
      summary: "Builds an image of a tar with a Dockerfile, or of what is elsewhere",
      answers: { 200: "progress, JSON, one a line" },
      refuses: [403, 404, 503],
      takes: "application/x-tar",
      query: BUILD_QUERY,
      handle: (call) => build(builds, running, call),
    }),
    route({
      method: "POST",
      path: "/build/cancel",
      summary: "Ends a build",
      answers: { 204: "it ends, if there is one of that id" },
      query: z.object({ id: param.optionalText }),
      async handle({ query: { id } }) {
        if (id === undefined) throw new Failure("REQUEST_INVALID", { why: "build ID not provided" });
        running.get(id)?.abort();
        return NO_CONTENT;
      },
    }),
    route({
      method: "POST",
      path: "/build/prune",
      summary:
        "Removes what the cache of builds keeps: all, what filters mean, or what is worth least until the rest fits",
      answers: { 200: "BuildPruneResponse" },
      query: z.object({ all: param.flag(), filters: param.filters, ...BOUNDS }),
      async handle({ query: { all, filters, ...bounds } }) {
        const { removed, bytes } = await builds.prune({
          all,
          ...(isEmpty(filters) ? {} : { filters }),
          ...boundsOf(bounds),
        });
        return ok({ CachesDeleted: removed.map(({ id }) => id), SpaceReclaimed: bytes });
      },
    }),
  ];
}

async function build(
  builds: BuildService,
  running: Running,
  { query, stream, headers, signal }: Call<unknown, BuildQuery>,
): Promise<Stream<200>> {
  const options = buildOptions(query);
  const credentials = readRegistryConfig(headers["x-registry-config"]);
  const { remote, buildid, dockerfile: name = "Dockerfile", q: quiet } = query;
  const keepGitDir = switchArgument(options.buildArgs, "BUILDKIT_CONTEXT_KEEP_GIT_DIR");
  const context: FetchedContext =
    remote === undefined
      ? await builds.receive(stream, { signal })
      : await builds.fetchContext(remote, { signal, keepGitDir });
  const stop = new AbortController();
  if (buildid !== undefined) running.set(buildid, stop);
  const answer = await classicBuild({
    quiet,
    signal: AbortSignal.any([signal, stop.signal]),
    run: async (report, abort) => {
      await using received = context;
      try {
        const { directory } = received;
        const dockerfile = {
          name,
          text: received.dockerfile ?? received.readText(name),
          // What is sent is for its sender to decide; an ignore file in it is a file.
          ...(remote === undefined ? { ignore: { name: "", text: "" } } : {}),
        };
        const origin = remote === undefined ? {} : { origin: remote };
        const request = { ...options, ...origin, context: directory, dockerfile, credentials };
        return await builds.build(request, report, { signal: abort });
      } finally {
        if (buildid !== undefined) running.delete(buildid);
      }
    },
  });
  return { status: 200, headers: { "content-type": "application/json" }, stream: answer };
}

const isEmpty = (value: object): boolean => Object.keys(value).length === 0;

/** keep-storage is what API 1.47 and older call reserved-space; zero bounds nothing. */
function boundsOf(
  given: Readonly<Partial<Record<(typeof PRUNE_BOUNDS)[number], number | undefined>>>,
): CacheBounds {
  const reservedSpace = given["reserved-space"] || given["keep-storage"] || 0;
  const { "max-used-space": maxUsedSpace = 0, "min-free-space": minFreeSpace = 0 } = given;
  for (const [option, value] of Object.entries(given))
    if ((value ?? 0) < 0)
      throw new Failure("OPTION_INVALID", { option, got: String(value), want: "a number of bytes" });
  return {
    ...(reservedSpace > 0 ? { reservedSpace } : {}),
    ...(maxUsedSpace > 0 ? { maxUsedSpace } : {}),
    ...(minFreeSpace > 0 ? { minFreeSpace } : {}),
  };
}
