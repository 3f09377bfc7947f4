import * as z from "zod";
import type { BuildHistory } from "../../engine/api.ts";
import { eventDocument } from "../../wire/slipway/build-events.ts";
import { NO_CONTENT, ok } from "../http/call.ts";
import * as param from "../http/param.ts";
import { type Route, route } from "../http/route.ts";
import { documentStream } from "../streams/documents.ts";

/** The history of builds, of which Docker's API has no word: a build is a ref, the unique beginning of one, or "^0" for the newest. */
export const ownBuildRoutes = (history: BuildHistory): readonly Route[] => [
  route({
    method: "GET",
    path: "/slipway/v1/builds",
    summary: "Lists the builds of the history, those that run first, then the newest",
    answers: { 200: "BuildRecord, several" },
    query: z.object({ filter: param.list, limit: param.integer }),
    handle: async ({ query: { filter: filters, limit } }) =>
      ok(await history.list({ filters, ...(limit === undefined ? {} : { limit }) })),
  }),
  route({
    method: "DELETE",
    path: "/slipway/v1/builds",
    summary: "Forgets all builds that have ended",
    answers: { 200: "their refs" },
    handle: async () => ok(await history.removeAll()),
  }),
  route({
    method: "GET",
    path: "/slipway/v1/builds/:build",
    summary: "Tells of a build",
    answers: { 200: "BuildRecord" },
    refuses: [404],
    handle: async ({ params: { build } }) => ok(await history.get(build)),
  }),
  route({
    method: "GET",
    path: "/slipway/v1/builds/:build/details",
    summary: "Tells of a build and of its steps",
    answers: { 200: "BuildDetails" },
    refuses: [404],
    handle: async ({ params: { build } }) => ok(await history.inspect(build)),
  }),
  route({
    method: "GET",
    path: "/slipway/v1/builds/:build/events",
    summary: "Tells everything that a build told of its progress, until it ends",
    answers: { 200: "BuildEvent, JSON, one a line; bytes are base64" },
    refuses: [404],
    async handle({ params: { build }, signal }) {
      const { ref } = await history.get(build);
      return documentStream(documents(history, ref, signal));
    },
  }),
  route({
    method: "DELETE",
    path: "/slipway/v1/builds/:build",
    summary: "Forgets a build that has ended",
    answers: { 204: "it is forgotten" },
    refuses: [404, 409],
    async handle({ params: { build } }) {
      await history.remove(build);
      return NO_CONTENT;
    },
  }),
];

async function* documents(history: BuildHistory, ref: string, signal: AbortSignal): AsyncGenerator<object> {
  for await (const event of history.events(ref, { signal })) yield eventDocument(event);
}
