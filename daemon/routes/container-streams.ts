import { z } from "zod";
import { parseDetachKeys } from "../../core/detach-keys.ts";
import { Failure } from "../../core/errors.ts";
import type { ContainerService, LogEntry, LogQuery } from "../../engine/api.ts";
import { ok } from "../http/call.ts";
import * as param from "../http/param.ts";
import { type Route, route } from "../http/route.ts";
import { carry } from "../streams/carry.ts";
import { type StreamForm, streamForm } from "../wire/frames.ts";

/** What goes in and out of containers' processes. */
export const containerStreamRoutes = (containers: ContainerService): readonly Route[] => [
  route({
    method: "POST",
    path: "/containers/:id/attach",
    query: z.object({
      detachKeys: param.optionalText,
      logs: param.flag(),
      stream: param.flag(),
      stdin: param.flag(),
      stdout: param.flag(),
      stderr: param.flag(),
    }),
    async handle({ params: { id }, query: { detachKeys, logs, stream, ...streams }, api }) {
      const { id: container, config } = await containers.get(id);
      const form = streamForm({ tty: config.Tty, api });
      const keys = parseDetachKeys(detachKeys);
      const { contentType } = form;
      if (!stream) {
        const entries = logs ? containers.logs(container, { ...streams, follow: false }) : [];
        return {
          contentType,
          hijack: async (connection) => {
            for await (const { stream: from, line } of entries)
              await connection.write(form.encode(from, line));
          },
        };
      }
      const stdin = streams.stdin && config.OpenStdin;
      const attachment = await containers.attach(container, { stdin, logs });
      const closesInput = config.StdinOnce && !config.Tty;
      const options = { ...streams, stdin, form, detachKeys: keys, closesInput };
      return { contentType, hijack: (connection) => carry(attachment, connection, options) };
    },
  }),
  route({
    method: "POST",
    path: "/containers/:id/resize",
    query: z.object({ h: param.integer, w: param.integer }),
    async handle({ params: { id }, query: { h: rows = 0, w: columns = 0 } }) {
      await containers.resize(id, { columns, rows });
      return { status: 200 };
    },
  }),
  route({
    method: "GET",
    path: "/containers/:id/logs",
    query: z.object({
      follow: param.flag(),
      stdout: param.flag(),
      stderr: param.flag(),
      since: param.optionalText,
      until: param.optionalText,
      timestamps: param.flag(),
      tail: param.optionalText,
    }),
    async handle({ params: { id }, query: { timestamps, tail, since, until, ...streams }, api, signal }) {
      if (!streams.stdout && !streams.stderr)
        throw new Failure("REQUEST_INVALID", { why: "Bad parameters: you must choose at least one stream" });
      const { id: container, config } = await containers.get(id);
      const form = streamForm({ tty: config.Tty, api });
      const query: LogQuery = {
        ...streams,
        ...moment("since", since),
        ...moment("until", until),
        ...lastLines(tail),
      };
      const entries = containers.logs(container, query, { signal });
      return {
        status: 200,
        headers: { "content-type": form.contentType },
        stream: logLines(entries, form, timestamps),
      };
    },
  }),
  route({
    method: "GET",
    path: "/containers/:id/top",
    query: z.object({ ps_args: param.text }),
    async handle({ params: { id }, query: { ps_args } }) {
      const words = ps_args.split(/\s+/).filter((word) => word !== "");
      const { titles, processes } = await containers.top(id, words.length > 0 ? words : ["-ef"]);
      return ok({ Titles: titles, Processes: processes });
    },
  }),
];

async function* logLines(
  entries: AsyncIterable<LogEntry>,
  form: StreamForm,
  timestamps: boolean,
): AsyncGenerator<Uint8Array> {
  for await (const { stream, time, line } of entries) {
    const text = timestamps ? Buffer.concat([Buffer.from(`${time} `), line]) : line;
    yield form.encode(stream, text);
  }
}

/** Seconds since the epoch, with a fraction perhaps; 0 is no bound. */
function moment<K extends "since" | "until">(name: K, text: string | undefined): { [P in K]?: Date } {
  if (text === undefined || Number(text) === 0) return {};
  const seconds = Number(text);
  const date = new Date(Number.isNaN(seconds) ? text : seconds * 1000);
  if (Number.isNaN(date.getTime()))
    throw new Failure("OPTION_INVALID", {
      option: name,
      got: text,
      want: "seconds since the epoch or RFC 3339",
    });
  return { [name]: date } as { [P in K]?: Date };
}

/** Anything but a number of lines is all of them. */
const lastLines = (tail: string | undefined): { readonly tail?: number } =>
  tail !== undefined && /^\d{1,9}$/.test(tail) ? { tail: Number(tail) } : {};
