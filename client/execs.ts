import type { Document } from "../core/document.ts";
import { Failure } from "../core/errors.ts";
import type {
  Attachment,
  ExecCreate,
  ExecRecord,
  ExecService,
  ExecSession,
  TerminalSize,
} from "../engine/api.ts";
import { RemoteAttachment } from "./attachment.ts";
import { child, flag, number, text, texts } from "./http/fields.ts";
import { segment } from "./http/query.ts";
import type { Transport } from "./http/transport.ts";

type StartOptions = NonNullable<Parameters<ExecService["start"]>[1]>;

/** How long the daemon may take to note the end of a process whose output has ended, and how often it is asked. */
const END = { tries: 200, everyMs: 50 } as const;

export class RemoteExecs implements ExecService {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  async create(
    container: string,
    { Detach, consoleSize, AttachStdin = false, ...request }: ExecCreate,
  ): Promise<string> {
    const document = await this.#transport.document({
      method: "POST",
      path: `/containers/${segment(container)}/exec`,
      json: {
        ...request,
        AttachStdin,
        AttachStdout: Detach !== true,
        AttachStderr: Detach !== true,
        ...sizeOf(consoleSize),
      },
    });
    return text(document, "Id");
  }

  async start(id: string, { detach = false, consoleSize }: StartOptions = {}): Promise<ExecSession> {
    const path = `/exec/${segment(id)}/start`;
    const { request } = await this.get(id);
    const tty = request.Tty === true;
    const json = { Detach: detach, Tty: tty, ...(tty ? sizeOf(consoleSize) : {}) };
    if (detach) {
      await this.#transport.done({ method: "POST", path, json });
      return this.#session(id, NOTHING);
    }
    const socket = await this.#transport.hijack({ method: "POST", path, json }, "tcp");
    const resize = (size: TerminalSize) => this.resize(id, size);
    return this.#session(id, new RemoteAttachment(this.#transport, socket, { tty, resize }));
  }

  async get(id: string): Promise<ExecRecord> {
    return readExec(await this.#transport.document({ method: "GET", path: `/exec/${segment(id)}/json` }));
  }

  resize(id: string, { columns: w, rows: h }: TerminalSize): Promise<void> {
    return this.#transport.done({ method: "POST", path: `/exec/${segment(id)}/resize`, query: { h, w } });
  }

  #session(id: string, attachment: Attachment): ExecSession {
    return {
      id,
      output: attachment.output,
      write: (data) => attachment.write(data),
      closeInput: () => attachment.closeInput(),
      resize: (columns, rows) => attachment.resize(columns, rows),
      wait: () => this.#exitCode(id),
      [Symbol.asyncDispose]: () => attachment[Symbol.asyncDispose](),
    };
  }

  async #exitCode(id: string): Promise<number> {
    for (let tries = 0; tries < END.tries; tries += 1) {
      const { exitCode } = await this.get(id);
      if (exitCode !== undefined) return exitCode;
      await new Promise((resolve) => setTimeout(resolve, END.everyMs));
    }
    throw new Failure("DAEMON_ANSWER_INVALID", { why: "a process whose output has ended has no exit code" });
  }
}

const sizeOf = (size: TerminalSize | undefined) =>
  size === undefined ? {} : { ConsoleSize: [size.rows, size.columns] };

/** Docker Engine API 1.51 "ExecInspectResponse". */
function readExec(document: Document): ExecRecord {
  const process = child(document, "ProcessConfig");
  const running = flag(document, "Running");
  const ended = !running && typeof document["ExitCode"] === "number";
  return {
    id: text(document, "ID"),
    container: text(document, "ContainerID"),
    request: {
      Cmd: [text(process, "entrypoint"), ...texts(process, "arguments")],
      Tty: flag(process, "tty"),
      Privileged: flag(process, "privileged"),
      AttachStdin: flag(document, "OpenStdin"),
      User: text(process, "user"),
    },
    status: running ? "running" : ended ? "exited" : "created",
    ...(ended ? { exitCode: number(document, "ExitCode") } : {}),
  };
}

/** What is there of a process nobody is connected to. */
const NOTHING: Attachment = {
  output: (async function* () {})(),
  write: () => Promise.resolve(),
  closeInput: () => Promise.resolve(),
  resize: () => Promise.resolve(),
  [Symbol.asyncDispose]: () => Promise.resolve(),
};
