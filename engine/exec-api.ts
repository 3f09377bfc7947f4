import type { ExecRequest, ExecSession } from "../runtime/containers/execs.ts";
import type { TerminalSize } from "../runtime/terminal-size.ts";

export type { ExecRequest as ExecCreate, ExecSession, TerminalSize };

/** An additional process as it was asked for, and what became of it. */
export interface ExecRecord {
  readonly id: string;
  readonly container: string;
  readonly request: ExecRequest;
  readonly status: "created" | "running" | "exited";
  /** Once it was started, where it is a process of this host. */
  readonly pid?: number;
  /** Of its end. */
  readonly exitCode?: number;
}

/** Additional processes that are asked for first and started later. They are forgotten with this engine, and a while after their end. */
export interface ExecService {
  /** Rejects with CONTAINER_UNKNOWN, CONTAINER_NOT_RUNNING, CONTAINER_PAUSED. Resolves with an id. */
  create(container: string, request: ExecRequest): Promise<string>;
  /** Starts it, once. Its output ends when get() tells its exit code. Rejects with EXEC_UNKNOWN, EXEC_STARTED, CONTAINER_NOT_RUNNING, EXEC_NOT_FOUND, … */
  start(
    id: string,
    options?: { readonly detach?: boolean; readonly consoleSize?: TerminalSize },
  ): Promise<ExecSession>;
  /** Rejects with EXEC_UNKNOWN. */
  get(id: string): Promise<ExecRecord>;
  /** Of its terminal. Rejects with EXEC_UNKNOWN, EXEC_NOT_RUNNING. */
  resize(id: string, size: TerminalSize): Promise<void>;
}
