import { closeSync, constants, openSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { basename, dirname } from "node:path";
import { Failure } from "../../core/errors.ts";
import { type Frame, FrameReader } from "./frames.ts";
import { SHIM_FRAME_LIMIT } from "./shim-protocol.ts";

/** An address holds 108 bytes, the last one zero. */
const ADDRESS_LIMIT = 107;

/** Connects to a unix socket however long its path. */
function open(path: string): Promise<Socket> {
  const short = Buffer.byteLength(path) <= ADDRESS_LIMIT;
  const directory = short ? undefined : openSync(dirname(path), constants.O_RDONLY | constants.O_DIRECTORY);
  const address = directory === undefined ? path : `/proc/self/fd/${directory}/${basename(path)}`;
  return new Promise<Socket>((resolve, reject) => {
    const socket = connect(address);
    socket.once("connect", () => {
      socket.removeAllListeners("error");
      resolve(socket);
    });
    socket.once("error", reject);
  }).finally(() => {
    if (directory !== undefined) closeSync(directory);
  });
}

const unreachable = (socket: string, why: string, cause?: unknown): Failure =>
  new Failure("SHIM_UNREACHABLE", { socket, why }, { cause });

/** Of a connection that ended before it was answered. */
export const closed = (socket: string): Failure => unreachable(socket, "the connection was closed");

/** One connection to a shim: frames both ways. Rejects with SHIM_UNREACHABLE. */
export class ShimConnection {
  readonly #socket: Socket;

  static async open(path: string, handlers: ShimHandlers): Promise<ShimConnection> {
    try {
      return new ShimConnection(await open(path), handlers);
    } catch (cause) {
      throw unreachable(path, (cause as NodeJS.ErrnoException).code ?? "EUNKNOWN", cause);
    }
  }

  private constructor(socket: Socket, handlers: ShimHandlers) {
    this.#socket = socket;
    const frames = new FrameReader(SHIM_FRAME_LIMIT);
    socket.on("data", (chunk) => {
      for (const frame of frames.push(chunk)) handlers.frame(frame);
    });
    // What went wrong shows in what is missing when it closes.
    socket.on("error", () => undefined);
    socket.on("close", () => handlers.closed());
  }

  /** Resolves when the shim's side has taken it; false when there is no such side any more. */
  send(frame: Buffer): Promise<boolean> {
    if (this.#socket.destroyed) return Promise.resolve(false);
    return new Promise((resolve) => this.#socket.write(frame, (error) => resolve(error == null)));
  }

  pause(): void {
    this.#socket.pause();
  }
  resume(): void {
    this.#socket.resume();
  }
  close(): void {
    this.#socket.destroy();
  }
}

export interface ShimHandlers {
  frame(frame: Frame): void;
  closed(): void;
}
