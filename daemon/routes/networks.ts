import * as z from "zod";
import { Failure } from "../../core/errors.ts";
import type { NetworkService } from "../../engine/api.ts";
import { created, DONE, NO_CONTENT, ok } from "../http/call.ts";
import { refuseOthers } from "../http/fields.ts";
import * as param from "../http/param.ts";
import { type Route, route } from "../http/route.ts";
import { readEndpointSettings } from "../wire/endpoint-settings.ts";
import {
  CONNECT_FIELDS,
  CONNECTION_BODY,
  DISCONNECT_FIELDS,
  endpointOf,
  NETWORK_BODY,
  NETWORK_FIELDS,
  readNetworkCreate,
} from "../wire/network-create.ts";

export const networkRoutes = (networks: NetworkService): readonly Route[] => [
  route({
    method: "GET",
    path: "/networks",
    summary: "Lists networks",
    answers: { 200: "Network, a list" },
    query: z.object({ filters: param.filters }),
    handle: async ({ query: { filters } }) => ok(await networks.documents(filters)),
  }),
  route({
    method: "GET",
    path: "/networks/:id",
    summary: "Inspects a network",
    answers: { 200: "Network" },
    refuses: [404],
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
    summary: "Creates a network",
    answers: { 201: "NetworkCreateResponse" },
    refuses: [403, 404, 409],
    fields: NETWORK_FIELDS,
    body: NETWORK_BODY,
    async handle({ body }) {
      const { id, warnings } = await networks.create(readNetworkCreate(body));
      return created({ Id: id, Warning: warnings.join("\n") });
    },
  }),
  route({
    method: "POST",
    path: "/networks/prune",
    summary: "Removes networks that nothing uses",
    answers: { 200: "NetworkPruneResponse" },
    query: z.object({ filters: param.filters }),
    async handle({ query: { filters } }) {
      const { removed } = await networks.prune(filters);
      return ok({ NetworksDeleted: removed.length === 0 ? null : removed });
    },
  }),
  route({
    method: "POST",
    path: "/networks/:id/connect",
    summary: "Connects a container to a network",
    answers: { 200: "it is connected" },
    refuses: [403, 404, 409],
    fields: CONNECT_FIELDS,
    body: CONNECTION_BODY,
    async handle({ params: { id }, body }) {
      refuseOthers("", body, CONNECT_FIELDS.shape);
      const settings = readEndpointSettings(endpointOf(body), "EndpointConfig.");
      await networks.connect(id, body.Container, settings);
      return DONE;
    },
  }),
  route({
    method: "POST",
    path: "/networks/:id/disconnect",
    summary: "Disconnects a container from a network",
    answers: { 200: "it is disconnected" },
    refuses: [403, 404, 409],
    fields: DISCONNECT_FIELDS,
    body: CONNECTION_BODY,
    async handle({ params: { id }, body }) {
      refuseOthers("", body, DISCONNECT_FIELDS.shape);
      await networks.disconnect(id, body.Container, { force: body["Force"] === true });
      return DONE;
    },
  }),
  route({
    method: "DELETE",
    path: "/networks/:id",
    summary: "Removes a network",
    answers: { 204: "it is gone" },
    refuses: [403, 404, 409],
    async handle({ params: { id } }) {
      await networks.remove(id);
      return NO_CONTENT;
    },
  }),
];
