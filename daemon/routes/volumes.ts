import * as z from "zod";
import { Failure } from "../../core/errors.ts";
import type { VolumeService } from "../../engine/api.ts";
import { created, NO_CONTENT, ok } from "../http/call.ts";
import { documentOf, type FieldTable, readFields, refuseOthers } from "../http/fields.ts";
import * as param from "../http/param.ts";
import { type Route, route } from "../http/route.ts";

const map = z.record(z.string(), z.string());

/** Docker Engine API 1.51 "VolumeCreateOptions", as far as it is honoured. */
const CREATE: FieldTable<{
  readonly Name: string;
  readonly Driver: string;
  readonly DriverOpts: Readonly<Record<string, string>>;
  readonly Labels: Readonly<Record<string, string>>;
}> = { Name: z.string(), Driver: z.string(), DriverOpts: map, Labels: map };

export const volumeRoutes = (volumes: VolumeService): readonly Route[] => [
  route({
    method: "GET",
    path: "/volumes",
    summary: "Lists volumes",
    answers: { 200: "VolumeListResponse" },
    query: z.object({ filters: param.filters }),
    handle: async ({ query: { filters } }) =>
      ok({ Volumes: await volumes.documents(filters), Warnings: null }),
  }),
  route({
    method: "GET",
    path: "/volumes/:name",
    summary: "Inspects a volume",
    answers: { 200: "Volume" },
    refuses: [404],
    handle: async ({ params: { name } }) => ok(await volumes.inspect(name)),
  }),
  route({
    method: "POST",
    path: "/volumes/create",
    summary: "Creates a volume",
    answers: { 201: "Volume" },
    refuses: [409],
    fields: documentOf(CREATE),
    body: z.looseObject({}),
    async handle({ body }) {
      refuseOthers("", body, CREATE);
      const { Name: name = "", Driver: driver = "", ...rest } = readFields(CREATE, body);
      const { DriverOpts: options = {}, Labels: labels = {} } = rest;
      if (driver !== "" && driver !== "local")
        throw new Failure("OPTION_UNSUPPORTED", { option: `volume driver ${driver}` });
      const volume = await volumes.create({ ...(name === "" ? {} : { name }), labels, options });
      return created(await volumes.inspect(volume.name));
    },
  }),
  route({
    method: "POST",
    path: "/volumes/prune",
    summary: "Removes volumes that nothing uses",
    answers: { 200: "VolumePruneResponse" },
    query: z.object({ filters: param.filters }),
    async handle({ query: { filters } }) {
      const { removed, bytes } = await volumes.prune({ filters });
      return ok({ VolumesDeleted: removed, SpaceReclaimed: bytes });
    },
  }),
  route({
    method: "PUT",
    path: "/volumes/:name",
    summary: "Changes a volume of a swarm, which this engine is not in",
    answers: {},
    refuses: [503],
    query: z.object({ version: param.text }),
    async handle() {
      throw new Failure("SWARM_VOLUMES_ABSENT", {});
    },
  }),
  route({
    method: "DELETE",
    path: "/volumes/:name",
    summary: "Removes a volume",
    answers: { 204: "it is gone" },
    refuses: [404, 409],
    query: z.object({ force: param.flag() }),
    async handle({ params: { name }, query }) {
      await volumes.remove(name, query);
      return NO_CONTENT;
    },
  }),
];
