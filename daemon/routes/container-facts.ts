import * as z from "zod";
import type { ContainerService } from "../../engine/api.ts";
import { ok } from "../http/call.ts";
import * as param from "../http/param.ts";
import { type Route, route } from "../http/route.ts";
import { documentStream } from "../streams/documents.ts";
import { containerSummary } from "../wire/container-summary.ts";

/** What there is to know about containers. */
export const containerFactRoutes = (containers: ContainerService): readonly Route[] => [
  route({
    method: "GET",
    path: "/containers/json",
    summary: "Lists containers",
    answers: { 200: "ContainerSummary, a list" },
    refuses: [404],
    query: z.object({ all: param.flag(), limit: param.integer, size: param.flag(), filters: param.filters }),
    async handle({ query: { all, limit = 0, size, filters } }) {
      const records = await containers.list({
        all: all || limit > 0,
        filters,
        ...(limit > 0 ? { limit } : {}),
      });
      const now = Date.now();
      const summaries = records.map(async (record) =>
        containerSummary(record, now, size ? await containers.size(record.id) : undefined),
      );
      return ok(await Promise.all(summaries));
    },
  }),
  route({
    method: "GET",
    path: "/containers/:id/json",
    summary: "Inspects a container",
    answers: { 200: "ContainerInspectResponse" },
    refuses: [404],
    query: z.object({ size: param.flag() }),
    handle: async ({ params: { id }, query }) => ok(await containers.inspect(id, query)),
  }),
  route({
    method: "GET",
    path: "/containers/:id/stats",
    summary: "Streams what a container uses",
    answers: { 200: "ContainerStatsResponse, one a line" },
    refuses: [404],
    query: z.object({ stream: param.flag(true), "one-shot": param.flag() }),
    async handle({ params: { id }, query: { stream, "one-shot": oneShot }, signal }) {
      // Before the answer begins, so that an unknown container has a status of its own.
      await containers.get(id);
      return documentStream(containers.stats(id, { stream, oneShot, signal }));
    },
  }),
];
