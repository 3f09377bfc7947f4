import * as z from "zod";
import { parseDetachKeys } from "../../core/detach-keys.ts";
import { Failure } from "../../core/errors.ts";
import type { ContainerService } from "../../engine/api.ts";
import { NO_CONTENT, NOT_MODIFIED } from "../http/call.ts";
import { check } from "../http/check.ts";
import * as param from "../http/param.ts";
import { type Route, route } from "../http/route.ts";

const START_QUERY = z.object({ detachKeys: param.optionalText, checkpoint: param.text });
const STOP_QUERY = z.object({ t: param.integer, signal: param.optionalText });

type StopOptions = NonNullable<Parameters<ContainerService["stop"]>[1]>;

/** The processes of containers begin, are told things and end. */
export const containerRunRoutes = (containers: ContainerService): readonly Route[] => [
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
