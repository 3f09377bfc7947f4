import * as z from "zod";
import type { SystemService } from "../../engine/api.ts";
import { ok } from "../http/call.ts";
import * as param from "../http/param.ts";
import { type Route, route } from "../http/route.ts";

/** What Slipway knows of its host and state, of which Docker's API has no word. */
export const ownSystemRoutes = (system: SystemService): readonly Route[] => [
  route({
    method: "GET",
    path: "/slipway/v1/doctor",
    summary: "Tells what the daemon's host lacks, and what that costs",
    answers: { 200: "a list of { name, status, detail }" },
    handle: async () => ok(await system.doctor()),
  }),
  route({
    method: "POST",
    path: "/slipway/v1/check",
    summary: "Verifies blobs, layers and records of the state root",
    answers: { 200: "{ checked, problems }" },
    query: z.object({ quick: param.flag() }),
    handle: async ({ query: { quick }, signal }) => ok(await system.check({ quick, signal })),
  }),
];
