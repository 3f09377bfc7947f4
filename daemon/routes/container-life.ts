import * as z from "zod";
import { Failure } from "../../core/errors.ts";
import type { ContainerService } from "../../engine/api.ts";
import { created, NO_CONTENT, ok } from "../http/call.ts";
import * as param from "../http/param.ts";
import { type Route, route } from "../http/route.ts";
import { CREATE_BODY, CREATE_FIELDS, readContainerCreate } from "../wire/container-create.ts";
import { readUpdate, UPDATE_BODY, UPDATE_FIELDS } from "../wire/container-update.ts";

/** Containers come, change and go. */
export const containerLifeRoutes = (containers: ContainerService): readonly Route[] => [
  route({
    method: "POST",
    path: "/containers/create",
    summary: "Creates a container",
    answers: { 201: "ContainerCreateResponse" },
    refuses: [404, 409],
    query: z.object({ name: param.optionalText, platform: param.optionalText }),
    body: CREATE_BODY,
    fields: CREATE_FIELDS,
    async handle({ query: { name, platform }, body, signal }) {
      const { id, warnings } = await containers.create(readContainerCreate(body, { name, platform }), {
        signal,
      });
      return created({ Id: id, Warnings: warnings });
    },
  }),
  route({
    method: "POST",
    path: "/containers/:id/rename",
    summary: "Gives a container another name",
    answers: { 204: "it has the name" },
    refuses: [404, 409],
    query: z.object({ name: param.text }),
    async handle({ params: { id }, query: { name } }) {
      await containers.rename(id, name);
      return NO_CONTENT;
    },
  }),
  route({
    method: "POST",
    path: "/containers/:id/update",
    summary: "Changes the limits of a container",
    answers: { 200: "ContainerUpdateResponse" },
    refuses: [404, 409],
    fields: UPDATE_FIELDS,
    body: UPDATE_BODY,
    async handle({ params: { id }, body }) {
      const warnings = await containers.update(id, readUpdate(body));
      return ok({ Warnings: warnings.length > 0 ? warnings : null });
    },
  }),
  route({
    method: "DELETE",
    path: "/containers/:id",
    summary: "Removes a container",
    answers: { 204: "it is gone" },
    refuses: [404, 409],
    query: z.object({ v: param.flag(), force: param.flag(), link: param.flag() }),
    async handle({ params: { id }, query: { v, force, link } }) {
      if (link) throw new Failure("OPTION_UNSUPPORTED", { option: "removing a link" });
      await containers.remove(id, { force, volumes: v });
      return NO_CONTENT;
    },
  }),
  route({
    method: "POST",
    path: "/containers/prune",
    summary: "Removes containers that do not run",
    answers: { 200: "ContainerPruneResponse" },
    query: z.object({ filters: param.filters }),
    async handle({ query: { filters } }) {
      const { removed, bytes } = await containers.prune({ filters });
      return ok({ ContainersDeleted: removed.length === 0 ? null : removed, SpaceReclaimed: bytes });
    },
  }),
];
