import { Failure, isCode } from "../core/errors.ts";
import { newId } from "../core/ids.ts";
import { resolveUser, type UserDatabase } from "../core/user.ts";
import type { ContainerService } from "./api.ts";
import type { ExecTable } from "./containers/exec-table.ts";
import type { ExecCreate, ExecRecord, ExecService, ExecSession, TerminalSize } from "./exec-api.ts";

/** How long the end of a process can be asked for. */
const KEEP_MS = 5 * 60_000;

/** The users and groups that a container knows. */
export type Accounts = (container: string) => Promise<UserDatabase>;

export interface ExecParts {
  readonly containers: Pick<ContainerService, "get" | "exec">;
  readonly accounts: Accounts;
  readonly table: ExecTable;
}

export class Execs implements ExecService {
  readonly #containers: Pick<ContainerService, "get" | "exec">;
  readonly #accounts: Accounts;
  readonly #table: ExecTable;

  constructor({ containers, accounts, table }: ExecParts) {
    this.#containers = containers;
    this.#accounts = accounts;
    this.#table = table;
  }

  async create(text: string, request: ExecCreate): Promise<string> {
    const { id: container, state } = await this.#containers.get(text);
    if (state.status === "paused") throw new Failure("CONTAINER_PAUSED", { container: text, to: "exec" });
    if (state.status === "restarting") throw new Failure("CONTAINER_RESTARTING", { container });
    if (state.status !== "running") throw new Failure("CONTAINER_NOT_RUNNING", { container });
    if (request.Cmd.length === 0)
      throw new Failure("CONTAINER_CONFIG_INVALID", { why: "No exec command specified" });
    if (request.User !== undefined) await this.#checkUser(container, request.User);
    const id = newId();
    this.#table.set({ record: { id, container, request, status: "created" } });
    return id;
  }

  /** Rejects with USER_UNKNOWN. */
  async #checkUser(container: string, user: string): Promise<void> {
    resolveUser(user, await this.#accounts(container));
  }

  async start(
    id: string,
    { detach = false, consoleSize }: { readonly detach?: boolean; readonly consoleSize?: TerminalSize } = {},
  ): Promise<ExecSession> {
    const { record } = this.#table.get(id);
    if (record.status !== "created") throw new Failure("EXEC_STARTED", { exec: id, status: record.status });
    const running: ExecRecord = { ...record, status: "running" };
    this.#table.set({ record: running });
    try {
      const session = await this.#containers.exec(record.container, {
        ...record.request,
        id,
        Detach: detach,
        ...(consoleSize === undefined ? {} : { consoleSize }),
      });
      const started = session.pid === undefined ? running : { ...running, pid: session.pid };
      this.#table.set({ record: started, session });
      return endingWith(session, this.#follow(started, session));
    } catch (error) {
      this.#finish(running, isMissing(error) ? 127 : 126);
      throw error;
    }
  }

  async #follow(record: ExecRecord, session: ExecSession): Promise<void> {
    // Who cannot tell was killed.
    this.#finish(record, await session.wait().catch(() => 137));
  }

  #finish(record: ExecRecord, exitCode: number): void {
    this.#table.set({ record: { ...record, status: "exited", exitCode } });
    setTimeout(() => this.#table.delete(record.id), KEEP_MS).unref();
  }

  async get(id: string): Promise<ExecRecord> {
    return this.#table.get(id).record;
  }

  async resize(id: string, { columns, rows }: TerminalSize): Promise<void> {
    const { session } = this.#table.get(id);
    if (session === undefined) throw new Failure("EXEC_NOT_RUNNING", { exec: id });
    await session.resize(columns, rows);
  }
}

/** Whether the program or its directory is not there, as a shell would tell it from what may not be run. */
const isMissing = (error: unknown): boolean =>
  isCode(error, "EXEC_NOT_FOUND") || (isCode(error, "LAUNCH_FAILED") && error.detail.errno === "ENOENT");

/** The session whose output ends only when it is known how its process did. */
function endingWith(session: ExecSession, ended: Promise<void>): ExecSession {
  async function* output() {
    yield* session.output;
    await ended;
  }
  return {
    id: session.id,
    ...(session.pid === undefined ? {} : { pid: session.pid }),
    output: output(),
    write: (data) => session.write(data),
    closeInput: () => session.closeInput(),
    resize: (columns, rows) => session.resize(columns, rows),
    wait: () => session.wait(),
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  };
}
