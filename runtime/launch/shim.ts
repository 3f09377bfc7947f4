import util from "node:util";
import { Failure } from "../../core/errors.ts";
import { readIfThere } from "../../core/if-there.ts";
import type { Frame } from "./frames.ts";
import type { RestartRule } from "./restart-rule.ts";
import { attachToShim, type ShimAttachment } from "./shim-attachment.ts";
import { closed, ShimConnection } from "./shim-connection.ts";
import { type AttachOptions, FROM_SHIM, toShim } from "./shim-protocol.ts";

/** How a container ended, as its shim writes it. `code` as a shell would report it: 128 + signal for a killed process. */
export interface ExitRecord {
  readonly code: number;
  readonly signal?: number;
  readonly oom: boolean;
  /** Somebody asked for its end. */
  readonly stopped?: boolean;
  /** Why it could not be started again. */
  readonly error?: string;
  /** RFC 3339 with nanoseconds. */
  readonly startedAt: string;
  readonly finishedAt: string;
}

export interface ShimState {
  /** "waiting": to be started again. */
  readonly status: "created" | "running" | "waiting" | "exited";
  readonly pid: number;
  readonly startedAt?: string;
}

/** A connection to a container's shim. Everything rejects with SHIM_UNREACHABLE once the shim is gone: then its exit record tells. */
export interface ShimClient extends AsyncDisposable {
  /** A connection of its own, which outlives this one. */
  attach(options: AttachOptions): Promise<ShimAttachment>;
  resize(columns: number, rows: number): Promise<void>;
  /** False when the process has ended. */
  signal(signal: number): Promise<boolean>;
  /** Resolves when the process has ended and its output was read; for good or not. */
  wait(): Promise<ExitRecord>;
  state(): Promise<ShimState>;
  setPolicy(rule: RestartRule): Promise<void>;
  /** Has it not be started again: the next end is the last one, and one that waits ends now. */
  noMore(): Promise<void>;
  /**
   * Serves names inside the network namespace of the process `pid`, from the settings at that path (native/launcher/name_table.h), at `port` or,
   * for 0, at any. Resolves with the ports. Rejects with SYSCALL_FAILED.
   */
  serveNames(
    pid: number,
    settings: string,
    port: number,
  ): Promise<{ readonly udp: number; readonly tcp: number }>;
}

/** Connects to the shim that listens at `socket`, however long its path. Rejects with SHIM_UNREACHABLE when none does. */
export async function connectShim(socket: string): Promise<ShimClient> {
  const client = new Client(socket);
  client.use(await ShimConnection.open(socket, client));
  return client;
}

/** The record a shim left; undefined when there is none (yet). */
export function readExitRecord(path: string): ExitRecord | undefined {
  const text = readIfThere(path);
  return text === undefined ? undefined : (JSON.parse(text) as ExitRecord);
}

interface Waiter<T> {
  resolve(value: T): void;
  reject(error: Error): void;
}

class Client implements ShimClient {
  readonly #socket: string;
  #connection: ShimConnection | undefined;
  /** Requests in the order their answers come. */
  #requests: Waiter<Frame>[] = [];
  #waiters: Waiter<ExitRecord>[] = [];
  #closed = false;

  constructor(socket: string) {
    this.#socket = socket;
  }

  use(connection: ShimConnection): void {
    this.#connection = connection;
  }

  frame(frame: Frame): void {
    if (frame.type !== FROM_SHIM.exit) {
      this.#requests.shift()?.resolve(frame);
      return;
    }
    const record = JSON.parse(frame.payload.toString()) as ExitRecord;
    for (const waiter of this.#waiters.splice(0)) waiter.resolve(record);
  }

  closed(): void {
    this.#closed = true;
    for (const waiter of [...this.#requests.splice(0), ...this.#waiters.splice(0)])
      waiter.reject(closed(this.#socket));
  }

  #request(frame: Buffer): Promise<Frame> {
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(closed(this.#socket));
      this.#requests.push({ resolve, reject });
      void this.#connection?.send(frame);
    });
  }

  attach(options: AttachOptions): Promise<ShimAttachment> {
    return attachToShim(this.#socket, options);
  }

  async resize(columns: number, rows: number): Promise<void> {
    await this.#request(toShim.resize(columns, rows));
  }

  async signal(signal: number): Promise<boolean> {
    return (await this.#request(toShim.signal(signal))).type === FROM_SHIM.done;
  }

  wait(): Promise<ExitRecord> {
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(closed(this.#socket));
      this.#waiters.push({ resolve, reject });
      void this.#connection?.send(toShim.wait());
    });
  }

  async state(): Promise<ShimState> {
    return JSON.parse((await this.#request(toShim.state())).payload.toString()) as ShimState;
  }

  async setPolicy(rule: RestartRule): Promise<void> {
    await this.#request(toShim.policy(rule));
  }

  async noMore(): Promise<void> {
    await this.#request(toShim.noMore());
  }

  async serveNames(pid: number, settings: string, port: number) {
    const { type, payload } = await this.#request(toShim.names(pid, port, settings));
    if (type === FROM_SHIM.serving) return { udp: payload.readUInt32LE(0), tcp: payload.readUInt32LE(4) };
    const errno = util.getSystemErrorName(-payload.readUInt8());
    throw new Failure("SYSCALL_FAILED", { syscall: "serving names", errno, path: settings });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#connection?.close();
  }
}
