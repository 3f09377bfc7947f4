import { z } from "zod";
import { Failure } from "../../core/errors.ts";
import type { NetworkService } from "../../engine/api.ts";
import { created, type Document, NO_CONTENT, ok } from "../http/call.ts";
import * as param from "../http/param.ts";
import { type Route, route } from "../http/route.ts";
import { readEndpointSettings } from "../wire/endpoint-settings.ts";
import { CONNECTION_BODY, endpointOf, NETWORK_BODY, readNetworkCreate } from "../wire/network-create.ts";

const DONE: Document = { status: 200 };

export const networkRoutes = (networks: NetworkService): readonly Route[] => [
  route({
    method: "GET",
    path: "/networks",
    query: z.object({ filters: param.filters }),
    handle: async ({ query: { filters } }) => ok(await networks.documents(filters)),
  }),
  route({
    method: "GET",
    path: "/networks/:id",
    // What `verbose` adds are the services of a swarm.
    query: z.object({ scope: param.optionalText, verbose: param.flag() }),
    async handle({ params: { id }, query: { scope = "local" } }) {
      if (scope !== "local") throw new Failure("NETWORK_UNKNOWN", { network: id });
      return ok(await networks.inspect(id));
    },
  }),
  route({
    method: "POST",
    path: "/networks/create",
    body: NETWORK_BODY,
    async handle({ body }) {
      const { id, warnings } = await networks.create(readNetworkCreate(body));
      return created({ Id: id, Warning: warnings.join("\n") });
    },
  }),
  route({
    method: "POST",
    path: "/networks/prune",
    query: z.object({ filters: param.filters }),
    async handle({ query: { filters } }) {
      const { removed } = await networks.prune(filters);
      return ok({ NetworksDeleted: removed.length === 0 ? null : removed });
    },
  }),
  route({
    method: "POST",
    path: "/networks/:id/connect",
    body: CONNECTION_BODY,
    async handle({ params: { id }, body }) {
      const settings = readEndpointSettings(endpointOf(body), "EndpointConfig.");
      await networks.connect(id, body.Container, settings);
      return DONE;
    },
  }),
  route({
    method: "POST",
    path: "/networks/:id/disconnect",
    body: CONNECTION_BODY,
    async handle({ params: { id }, body }) {
      await networks.disconnect(id, body.Container, { force: body["Force"] === true });
      return DONE;
    },
  }),
  route({
    method: "DELETE",
    path: "/networks/:id",
    async handle({ params: { id } }) {
      await networks.remove(id);
      return NO_CONTENT;
    },
  }),
];
