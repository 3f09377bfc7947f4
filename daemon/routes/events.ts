import * as z from "zod";
import type { EngineEvent, EventService } from "../../engine/api.ts";
import * as param from "../http/param.ts";
import { type Route, route } from "../http/route.ts";
import { documentStream } from "../streams/documents.ts";
import { eventDocument } from "../wire/event.ts";

/** What happens, as it happens. */
export const eventRoutes = (events: EventService): readonly Route[] => [
  route({
    method: "GET",
    path: "/events",
    summary: "Streams what happens, and what happened",
    answers: { 200: "EventMessage, one a line, as they come" },
    query: z.object({ since: param.moment, until: param.moment, filters: param.filters }),
    async handle({ query: { since, until, filters }, signal }) {
      const query = {
        filters,
        ...(since === undefined ? {} : { since }),
        ...(until === undefined ? {} : { until }),
      };
      return documentStream(documents(events.stream(query, { signal })));
    },
  }),
];

async function* documents(events: AsyncIterable<EngineEvent>): AsyncGenerator<unknown> {
  for await (const event of events) yield eventDocument(event);
}
