import * as z from "zod";
import { parseDetachKeys } from "../../core/detach-keys.ts";
import { messageOf } from "../../core/errors.ts";
import type { Engine, ExecRecord } from "../../engine/api.ts";
import { type Answer, type Call, created, ok } from "../http/call.ts";
import * as param from "../http/param.ts";
import { type Route, route } from "../http/route.ts";
import { carry } from "../streams/carry.ts";
import { streamForm } from "../wire/frames.ts";

const switched = z
  .boolean()
  .nullish()
  .transform((value) => value ?? false);
/** Height and width. */
const size = z
  .tuple([z.number().int(), z.number().int()])
  .nullish()
  .transform((value) => (value ? { consoleSize: { rows: value[0], columns: value[1] } } : {}));

const EXEC_BODY = z.object({
  AttachStdin: switched,
  AttachStdout: switched,
  AttachStderr: switched,
  Tty: switched,
  Privileged: switched,
  Cmd: z
    .array(z.string())
    .nullish()
    .transform((value) => value ?? []),
  Env: z
    .array(z.string())
    .nullish()
    .transform((value) => value ?? []),
  User: z.string().optional(),
  WorkingDir: z.string().optional(),
  DetachKeys: z.string().optional(),
  ConsoleSize: size,
});
const START_BODY = z
  .object({ Detach: switched, Tty: switched, ConsoleSize: size })
  .nullish()
  .transform((body) => body ?? { Detach: false, Tty: false, ConsoleSize: {} });

type Start = Call<{ readonly id: string }, unknown, z.output<typeof START_BODY>>;

/** Which streams an attached client wants of a process; the engine does not care. */
interface Wanted {
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly detachKeys: string | undefined;
}

const EVERYTHING: Wanted = { stdout: true, stderr: true, detachKeys: undefined };

/** Additional processes in containers. */
export function execRoutes({ execs, containers }: Pick<Engine, "execs" | "containers">): readonly Route[] {
  const wanted = new WeakMap<ExecRecord["request"], Wanted>();
  return [
    route({
      method: "POST",
      path: "/containers/:id/exec",
      summary: "Prepares another process in a container",
      answers: { 201: "IDResponse" },
      refuses: [404, 409],
      body: EXEC_BODY,
      async handle({ params: { id }, body }) {
        const {
          AttachStdout: stdout,
          AttachStderr: stderr,
          DetachKeys,
          ConsoleSize,
          User,
          WorkingDir,
          ...rest
        } = body;
        const request = {
          ...rest,
          ...(User ? { User } : {}),
          ...(WorkingDir ? { WorkingDir } : {}),
          ...ConsoleSize,
        };
        wanted.set(request, { stdout, stderr, detachKeys: DetachKeys || undefined });
        return created({ Id: await execs.create(id, request) });
      },
    }),
    route({
      method: "POST",
      path: "/exec/:id/start",
      summary: "Starts a prepared process",
      answers: {
        101: "the connection carries its streams",
        200: "its output, or nothing when it is detached",
      },
      refuses: [404, 409],
      body: START_BODY,
      handle: async (call) => {
        const record = await execs.get(call.params.id);
        return start({ execs, containers }, call, { record, wanted: wanted.get(record.request) });
      },
    }),
    route({
      method: "POST",
      path: "/exec/:id/resize",
      summary: "Gives the terminal of such a process another size",
      answers: { 200: "it has the size" },
      refuses: [404, 409],
      query: z.object({ h: param.integer, w: param.integer }),
      async handle({ params: { id }, query: { h: rows = 0, w: columns = 0 } }) {
        await execs.resize(id, { columns, rows });
        return { status: 200 };
      },
    }),
    route({
      method: "GET",
      path: "/exec/:id/json",
      summary: "Inspects such a process",
      answers: { 200: "ExecInspectResponse" },
      refuses: [404],
      async handle({ params: { id } }) {
        const record = await execs.get(id);
        return ok(execDocument(record, wanted.get(record.request)));
      },
    }),
  ];
}

async function start(
  { execs, containers }: Pick<Engine, "execs" | "containers">,
  { params: { id }, body: { Detach: detach, ConsoleSize }, api }: Start,
  { record, wanted }: { readonly record: ExecRecord; readonly wanted: Wanted | undefined },
): Promise<Answer<101 | 200>> {
  const { request, container, status } = record;
  const { stdout, stderr, detachKeys } = wanted ?? EVERYTHING;
  const keys = parseDetachKeys(detachKeys);
  const tty = request.Tty === true;
  const form = streamForm({ tty, api });
  const begin = () => execs.start(id, { detach, ...ConsoleSize });
  if (detach) {
    await (await begin())[Symbol.asyncDispose]();
    return { status: 200 };
  }
  const { state } = await containers.get(container);
  const canBegin = status === "created" && state.status === "running";
  // Why it cannot is told by the status of the answer.
  const early = canBegin ? undefined : await begin();
  const stdin = request.AttachStdin === true;
  const options = { stdin, stdout, stderr, form, detachKeys: keys, closesInput: !tty };
  return {
    contentType: form.contentType,
    async hijack(connection) {
      // docker-py loses what comes together with the head of the answer, so nothing is written before that was sent.
      const session = early ?? (await begin().catch(messageOf));
      // Whoever attaches reads on the connection why the process did not begin, and asks for its exit code as ever.
      if (typeof session === "string")
        await connection.write(form.encode("stdout", Buffer.from(`exec failed: ${session}\r\n`)));
      else await carry(session, connection, options);
    },
  };
}

/** Docker Engine API 1.51 "ExecInspectResponse". */
function execDocument(record: ExecRecord, { stdout, stderr, detachKeys }: Wanted = EVERYTHING): object {
  const { id, container, request, status, exitCode = null, pid = 0 } = record;
  const [entrypoint = "", ...args] = request.Cmd;
  return {
    ID: id,
    Running: status === "running",
    ExitCode: exitCode,
    ProcessConfig: {
      tty: request.Tty === true,
      entrypoint,
      arguments: args,
      privileged: request.Privileged === true,
      ...(request.User === undefined ? {} : { user: request.User }),
    },
    OpenStdin: request.AttachStdin === true,
    OpenStderr: stderr,
    OpenStdout: stdout,
    // It is forgotten by itself, not by a request.
    CanRemove: false,
    ContainerID: container,
    DetachKeys: detachKeys === undefined ? "" : parseDetachKeys(detachKeys).toString("base64"),
    Pid: pid,
  };
}
