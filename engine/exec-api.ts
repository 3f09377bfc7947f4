import type { Attachment } from "./api.ts";

/** What shall run in a container besides its own process: Docker Engine API "ExecConfig". */
export interface ExecCreate {
  readonly Cmd: readonly string[];
  readonly Env?: readonly string[];
  readonly WorkingDir?: string;
  readonly User?: string;
  readonly Tty?: boolean;
  readonly Privileged?: boolean;
  readonly AttachStdin?: boolean;
  readonly Detach?: boolean;
  readonly consoleSize?: TerminalSize;
}
export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}
export interface ExecSession extends Attachment {
  readonly id: string;
  /** Resolves when the process has ended. */
  wait(): Promise<number>;
}

/** An additional process as it was asked for, and what became of it. */
export interface ExecRecord {
  readonly id: string;
  readonly container: string;
  readonly request: ExecCreate;
  readonly status: "created" | "running" | "exited";
  /** Of its end. */
  readonly exitCode?: number;
}

/** Additional processes that are asked for first and started later. They are forgotten with this engine, and a while after their end. */
export interface ExecService {
  /** Rejects with CONTAINER_UNKNOWN, CONTAINER_NOT_RUNNING, CONTAINER_PAUSED. Resolves with an id. */
  create(container: string, request: ExecCreate): Promise<string>;
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
