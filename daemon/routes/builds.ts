import * as z from "zod";
import { switchArgument } from "../../core/builder-arguments.ts";
import { Failure } from "../../core/errors.ts";
import type { BuildService, FetchedContext } from "../../engine/api.ts";
import { classicBuild } from "../build/classic-build.ts";
import { NO_CONTENT, ok } from "../http/call.ts";
import * as param from "../http/param.ts";
import { type Route, route } from "../http/route.ts";
import { BUILD_QUERY, buildOptions } from "../wire/build-query.ts";
import { readRegistryConfig } from "../wire/registry-config.ts";

const PRUNE_BOUNDS = ["keep-storage", "reserved-space", "max-used-space", "min-free-space"] as const;
const BOUNDS = Object.fromEntries(PRUNE_BOUNDS.map((name) => [name, param.integer])) as Record<
  (typeof PRUNE_BOUNDS)[number],
  typeof param.integer
>;

export function buildRoutes(builds: BuildService): readonly Route[] {
  /** Builds under way that were given an id, to be cancelled by it. */
  const running = new Map<string, AbortController>();
  return [
    route({
      method: "POST",
      path: "/build",
      summary: "Builds an image of a tar with a Dockerfile, or of what is elsewhere",
      answers: { 200: "progress, JSON, one a line" },
      refuses: [403, 404, 503],
      takes: "application/x-tar",
      query: BUILD_QUERY,
      async handle({ query, stream, headers, signal }) {
        const options = buildOptions(query);
        const credentials = readRegistryConfig(headers["x-registry-config"]);
        const { remote } = query;
        const keepGitDir = switchArgument(options.buildArgs, "BUILDKIT_CONTEXT_KEEP_GIT_DIR");
        const context: FetchedContext =
          remote === undefined
            ? await builds.receive(stream, { signal })
            : await builds.fetchContext(remote, { signal, keepGitDir });
        const stop = new AbortController();
        const { buildid, dockerfile: name = "Dockerfile", q: quiet } = query;
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
      },
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
      summary: "Empties the cache of builds",
      answers: { 200: "BuildPruneResponse" },
      query: z.object({ all: param.flag(), filters: param.filters, ...BOUNDS }),
      async handle({ query: { all, filters, ...bounds } }) {
        const [filter] = Object.keys(filters);
        if (filter !== undefined) throw new Failure("OPTION_UNSUPPORTED", { option: `filter ${filter}` });
        const bound = PRUNE_BOUNDS.find((name) => (bounds[name] ?? 0) !== 0);
        if (bound !== undefined) throw new Failure("OPTION_UNSUPPORTED", { option: bound });
        const { bytes } = await builds.prune({ all });
        return ok({ CachesDeleted: [], SpaceReclaimed: bytes });
      },
    }),
  ];
}
