import type { Engine } from "../../engine/api.ts";
import { type Answer, ok } from "../http/call.ts";
import { type Route, route } from "../http/route.ts";
import { AUTH_CONFIG, credentialsOf } from "../wire/registry-auth.ts";

/** What a client wants to know before it asks anything else. */
const PING: Answer = {
  status: 200,
  headers: {
    "content-type": "text/plain; charset=utf-8",
    "builder-version": "1",
    swarm: "inactive",
    "cache-control": "no-cache, no-store, must-revalidate",
    pragma: "no-cache",
  },
  text: "OK",
};

export const systemRoutes = ({
  system,
  distribution,
}: Pick<Engine, "system" | "distribution">): readonly Route[] => [
  route({ method: "GET", path: "/_ping", handle: async () => PING }),
  route({ method: "HEAD", path: "/_ping", handle: async () => PING }),
  route({ method: "GET", path: "/version", handle: async () => ok(await system.version()) }),
  route({ method: "GET", path: "/info", handle: async () => ok(await system.info()) }),
  route({
    method: "POST",
    path: "/auth",
    body: AUTH_CONFIG,
    async handle({ body, signal }) {
      const { username = "", password = "" } = credentialsOf(body);
      const request = { server: body.serveraddress, username, password };
      const { identityToken = "" } = await distribution.verify(request, { signal });
      return ok({ IdentityToken: identityToken, Status: "Login Succeeded" });
    },
  }),
];
