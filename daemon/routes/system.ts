import * as z from "zod";
import type { Engine } from "../../engine/api.ts";
import { type Answer, ok } from "../http/call.ts";
import { type Route, route } from "../http/route.ts";
import { diskUsage, type UsageKind } from "../wire/disk-usage.ts";
import { AUTH_CONFIG, credentialsOf } from "../wire/registry-auth.ts";

/** What a client wants to know before it asks anything else. */
const PING: Answer<200> = {
  status: 200,
  headers: {
    "content-type": "text/plain; charset=utf-8",
    "builder-version": "2",
    swarm: "inactive",
    "cache-control": "no-cache, no-store, must-revalidate",
    pragma: "no-cache",
  },
  text: "OK",
};

const KINDS = ["container", "image", "volume", "build-cache"] as const satisfies readonly UsageKind[];

/** What the daemon, and not the engine, knows of itself: fields of "SystemInfo". */
export interface DaemonFacts {
  readonly Labels: readonly string[];
  readonly Debug: boolean;
}
type Services = Pick<Engine, "builds" | "system" | "distribution" | "images" | "containers" | "volumes">;

export const systemRoutes = (
  { distribution, ...services }: Services,
  facts: () => DaemonFacts,
): readonly Route[] => [
  route({
    method: "GET",
    path: "/_ping",
    summary: "Tells that the daemon answers",
    answers: { 200: "OK" },
    handle: async () => PING,
  }),
  route({
    method: "HEAD",
    path: "/_ping",
    summary: "Tells that the daemon answers",
    answers: { 200: "the headers alone" },
    handle: async () => PING,
  }),
  route({
    method: "GET",
    path: "/version",
    summary: "Tells the versions of the engine and its parts",
    answers: { 200: "SystemVersion" },
    handle: async () => ok(await services.system.version()),
  }),
  route({
    method: "GET",
    path: "/info",
    summary: "Tells about the engine and its host",
    answers: { 200: "SystemInfo" },
    handle: async () => ok({ ...(await services.system.info()), ...facts() }),
  }),
  route({
    method: "GET",
    path: "/system/df",
    summary: "Measures what is kept on the disk",
    answers: { 200: "SystemDataUsageResponse" },
    query: z.object({ type: z.array(z.enum(KINDS)).optional() }),
    handle: async ({ query: { type = [] } }) => ok(await diskUsage(services, new Set(type))),
  }),
  route({
    method: "POST",
    path: "/auth",
    summary: "Checks credentials with a registry",
    answers: { 200: "SystemAuthResponse: they are right" },
    refuses: [401],
    body: AUTH_CONFIG,
    async handle({ body, signal }) {
      const { username = "", password = "" } = credentialsOf(body);
      const request = { server: body.serveraddress, username, password };
      const { identityToken = "" } = await distribution.verify(request, { signal });
      return ok({ IdentityToken: identityToken, Status: "Login Succeeded" });
    },
  }),
];
