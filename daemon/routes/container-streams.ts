import * as z from "zod";
import { deferred } from "../../core/deferred.ts";
import { parseDetachKeys } from "../../core/detach-keys.ts";
import { Failure } from "../../core/errors.ts";
import { logDetails } from "../../core/log-details.ts";
import { begun } from "../../core/streams.ts";
import type { ContainerService, LogEntry, LogQuery } from "../../engine/api.ts";
import { type Call, type Hijack, ok, type Stream } from "../http/call.ts";
import * as param from "../http/param.ts";
import { type Route, route } from "../http/route.ts";
import { carry } from "../streams/carry.ts";
import { type StreamForm, streamForm } from "../wire/frames.ts";

const ATTACH_QUERY = z.object({
  detachKeys: param.optionalText,
  logs: param.flag(),
  stream: param.flag(),
  stdin: param.flag(),
  stdout: param.flag(),
  stderr: param.flag(),
});

const LOGS_QUERY = z.object({
  follow: param.flag(),
  stdout: param.flag(),
  stderr: param.flag(),
  since: param.moment,
  until: param.moment,
  timestamps: param.flag(),
  tail: param.optionalText,
  details: param.flag(),
});
type OfContainer<Query extends z.ZodType> = Call<{ readonly id: string }, z.output<Query>>;

/** What goes in and out of containers' processes. */
export const containerStreamRoutes = (containers: ContainerService): readonly Route[] => [
  route({
    method: "POST",
    path: "/containers/:id/attach",
    summary: "Attaches to the process of a container",
    answers: { 101: "the connection carries its streams", 200: "its output; the body is its input" },
    refuses: [404, 409],
    query: ATTACH_QUERY,
    handle: (call) => attach(containers, call),
  }),
  route({
    method: "GET",
    path: "/containers/:id/attach/ws",
    summary: "Would attach over a WebSocket: POST /containers/{id}/attach does so without",
    answers: {},
    query: ATTACH_QUERY,
    async handle() {
      throw new Failure("OPTION_UNSUPPORTED", { option: "attaching over a WebSocket" });
    },
  }),
  route({
    method: "POST",
    path: "/containers/:id/resize",
    summary: "Gives the terminal of a container another size",
    answers: { 200: "it has the size" },
    refuses: [404, 409],
    query: z.object({ h: param.integer, w: param.integer }),
    async handle({ params: { id }, query: { h: rows = 0, w: columns = 0 } }) {
      await containers.resize(id, { columns, rows });
      return { status: 200 };
    },
  }),
  route({
    method: "GET",
    path: "/containers/:id/logs",
    summary: "Reads what a container wrote",
    answers: { 200: "lines, as they are or in frames" },
    refuses: [404, 501],
    query: LOGS_QUERY,
    handle: (call) => readLogs(containers, call),
  }),
  route({
    method: "GET",
    path: "/containers/:id/top",
    summary: "Lists the processes of a container",
    answers: { 200: "ContainerTopResponse" },
    refuses: [404, 409],
    query: z.object({ ps_args: param.text }),
    async handle({ params: { id }, query: { ps_args } }) {
      const words = ps_args.split(/\s+/).filter((word) => word !== "");
      const { titles, processes } = await containers.top(id, words.length > 0 ? words : ["-ef"]);
      return ok({ Titles: titles, Processes: processes });
    },
  }),
];

async function attach(
  containers: ContainerService,
  { params, query: { detachKeys, logs, stream, ...streams }, api }: OfContainer<typeof ATTACH_QUERY>,
): Promise<Hijack> {
  const { id, config } = await containers.get(params.id);
  const form = streamForm({ tty: config.Tty, api });
  const keys = parseDetachKeys(detachKeys);
  const { contentType } = form;
  if (!stream) {
    const entries = logs ? containers.logs(id, { ...streams, follow: false }) : [];
    return {
      contentType,
      hijack: async (connection) => {
        for await (const { stream: from, line } of entries) await connection.write(form.encode(from, line));
      },
    };
  }
  const stdin = streams.stdin && config.OpenStdin;
  const attachment = await containers.attach(id, { stdin, logs });
  const closesInput = config.StdinOnce && !config.Tty;
  const options = { ...streams, stdin, form, detachKeys: keys, closesInput };
  return { contentType, hijack: (connection) => carry(attachment, connection, options) };
}

async function readLogs(
  containers: ContainerService,
  { params, query, api, signal }: OfContainer<typeof LOGS_QUERY>,
): Promise<Stream<200>> {
  const { timestamps, details, tail, since, until, ...streams } = query;
  if (!streams.stdout && !streams.stderr)
    throw new Failure("REQUEST_INVALID", { why: "Bad parameters: you must choose at least one stream" });
  const { id, config, hostConfig } = await containers.get(params.id);
  if (hostConfig.LogConfig.Type === "none") throw new Failure("LOG_UNREADABLE", {});
  const form = streamForm({ tty: config.Tty, api });
  const wanted: LogQuery = {
    ...streams,
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
    ...lastLines(tail),
  };
  // Who has the answer's head may remove the container.
  const opened = deferred();
  const entries = await begun(
    containers.logs(id, wanted, { signal, opened: opened.resolve }),
    opened.promise,
  );
  return {
    status: 200,
    headers: { "content-type": form.contentType },
    stream: logLines(entries, form, { timestamps, details }),
  };
}

async function* logLines(
  entries: AsyncIterable<LogEntry>,
  form: StreamForm,
  shown: { readonly timestamps: boolean; readonly details: boolean },
): AsyncGenerator<Uint8Array> {
  for await (const { stream, time, line, details } of entries) {
    const prefix = `${shown.timestamps ? `${time} ` : ""}${shown.details ? `${logDetails(details)} ` : ""}`;
    yield form.encode(stream, Buffer.concat([Buffer.from(prefix), line]));
  }
}

/** Anything but a number of lines is all of them. */
const lastLines = (tail: string | undefined): { readonly tail?: number } =>
  tail !== undefined && /^\d{1,9}$/.test(tail) ? { tail: Number(tail) } : {};
