import * as z from "zod";
import { parseDetachKeys } from "../../core/detach-keys.ts";
import { Failure } from "../../core/errors.ts";
import type { ContainerService } from "../../engine/api.ts";
import { created, NO_CONTENT, NOT_MODIFIED, ok } from "../http/call.ts";
import { check } from "../http/check.ts";
import * as param from "../http/param.ts";
import { type Route, route } from "../http/route.ts";
import { CREATE_BODY, CREATE_FIELDS, readContainerCreate } from "../wire/container-create.ts";
import { readUpdate, UPDATE_BODY, UPDATE_FIELDS } from "../wire/container-update.ts";

const START_QUERY = z.object({ detachKeys: param.optionalText, checkpoint: param.text });
const STOP_QUERY = z.object({ t: param.integer, signal: param.optionalText });

type StopOptions = NonNullable<Parameters<ContainerService["stop"]>[1]>;

/** Creating containers and what happens to them until they are removed. */
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
    path: "/containers/:id/start",
    summary: "Starts a container",
    answers: { 204: "it runs", 304: "it ran already" },
    refuses: [404, 409],
    query: START_QUERY,
    async handle({ params: { id }, query }) {
      if (query.checkpoint !== "") throw new Failure("OPTION_UNSUPPORTED", { option: "checkpoint" });
      // It counts for who attaches; here it is only looked at.
      parseDetachKeys(query.detachKeys);
      if (await isRunning(containers, id)) return NOT_MODIFIED;
      await containers.start(id);
      return NO_CONTENT;
    },
  }),
  route({
    method: "POST",
    path: "/containers/:id/stop",
    summary: "Stops a container",
    answers: { 204: "it has ended", 304: "it did not run" },
    refuses: [404],
    query: STOP_QUERY,
    async handle({ params: { id }, query }) {
      if (!(await isRunning(containers, id))) return NOT_MODIFIED;
      await containers.stop(id, stopOptions(query));
      return NO_CONTENT;
    },
  }),
  route({
    method: "POST",
    path: "/containers/:id/restart",
    summary: "Stops a container and starts it again",
    answers: { 204: "it runs" },
    refuses: [404, 409],
    query: STOP_QUERY,
    async handle({ params: { id }, query }) {
      await containers.restart(id, stopOptions(query));
      return NO_CONTENT;
    },
  }),
  route({
    method: "POST",
    path: "/containers/:id/kill",
    summary: "Sends a signal to a container",
    answers: { 204: "it was sent" },
    refuses: [404, 409],
    query: z.object({ signal: param.optionalText }),
    async handle({ params: { id }, query: { signal = "SIGKILL" } }) {
      await containers.kill(id, signal);
      return NO_CONTENT;
    },
  }),
  route({
    method: "POST",
    path: "/containers/:id/pause",
    summary: "Freezes the processes of a container",
    answers: { 204: "they are frozen" },
    refuses: [404, 409],
    async handle({ params: { id } }) {
      await containers.pause(id);
      return NO_CONTENT;
    },
  }),
  route({
    method: "POST",
    path: "/containers/:id/unpause",
    summary: "Lets frozen processes go on",
    answers: { 204: "they go on" },
    refuses: [404, 409],
    async handle({ params: { id } }) {
      await containers.unpause(id);
      return NO_CONTENT;
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
    method: "POST",
    path: "/containers/:id/wait",
    summary: "Waits for the end of a container",
    answers: { 200: "ContainerWaitResponse, once it has ended" },
    refuses: [404],
    query: z.object({ condition: param.optionalText }),
    async handle({ params: { id }, query, signal }) {
      const condition = check(CONDITIONS, query.condition ?? "not-running", "condition");
      // Found out before the answer begins.
      const record = await containers.get(id);
      const ended = containers.wait(record.id, condition, { signal });
      return {
        status: 200,
        headers: { "content-type": "application/json" },
        stream: exitDocument(ended),
      };
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
      return ok({ ContainersDeleted: removed, SpaceReclaimed: bytes });
    },
  }),
];

const CONDITIONS = z.enum(["not-running", "next-exit", "removed"]);

const stopOptions = ({ t, signal }: z.output<typeof STOP_QUERY>): StopOptions => ({
  ...(t === undefined ? {} : { timeoutMs: t * 1000 }),
  ...(signal === undefined ? {} : { signal }),
});

async function isRunning(containers: ContainerService, id: string): Promise<boolean> {
  const { status } = (await containers.get(id)).state;
  return status === "running" || status === "paused" || status === "restarting";
}

async function* exitDocument(ended: ReturnType<ContainerService["wait"]>): AsyncGenerator<Uint8Array> {
  // "Error" is for what is wrong with the waiting; what was wrong with the process is told by who started it.
  const { exitCode } = await ended;
  yield Buffer.from(`${JSON.stringify({ StatusCode: exitCode })}\n`);
}
