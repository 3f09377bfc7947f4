import { writeFileSync } from "node:fs";
import { Socket } from "node:net";
import { Failure } from "../../core/errors.ts";
import type { ExitStatus } from "../../core/process.ts";
import type { Abortable } from "../../core/streams.ts";
import type { OciIdMapping } from "../spec/oci.ts";
import { launchFailure, launchWarning } from "./failures.ts";
import { FrameReader } from "./frames.ts";
import type { CreatedPath } from "./launcher.ts";
import type { LaunchOp } from "./ops.ts";
import {
  decodeFromLauncher,
  encodeToLauncher,
  type FromLauncher,
  LAUNCHER_FRAME_LIMIT,
  type ToLauncher,
} from "./protocol.ts";

/** A promise settled from outside; a rejection nobody waits for is nobody's error. */
interface Later<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(error: Error): void;
}

function later<T>(): Later<T> {
  let settle: Pick<Later<T>, "resolve" | "reject"> | undefined;
  const promise = new Promise<T>((resolve, reject) => {
    settle = { resolve, reject };
  });
  promise.catch(() => undefined);
  return { promise, resolve: (value) => settle?.resolve(value), reject: (error) => settle?.reject(error) };
}

type Receivers = {
  readonly [T in FromLauncher["type"]]: (message: Extract<FromLauncher, { type: T }>) => void;
};

const broken = (why: string): Failure =>
  new Failure("LAUNCH_FAILED", { operation: "launching", errno: "EPIPE", why });

/** The process and the launcher that is its parent, as the host numbers them. */
export interface Ready {
  readonly pid: number;
  readonly launcher: number;
}

export interface SessionOptions extends Abortable {
  readonly ops: readonly LaunchOp[];
  readonly idMaps?:
    | { readonly uid: readonly OciIdMapping[]; readonly gid: readonly OciIdMapping[] }
    | undefined;
}

/** One launcher's control connection (protocol.ts). Owns the descriptor. */
export class LaunchSession {
  readonly warnings: string[] = [];
  readonly created: CreatedPath[] = [];
  readonly #cloned = later<Ready>();
  readonly #ready = later<Ready>();
  readonly #started = later<void>();
  readonly #exited = later<ExitStatus>();
  readonly #closed = later<void>();
  readonly #socket: Socket;
  readonly #options: SessionOptions;
  readonly #abort = (): void => this.#end(new Failure("CANCELLED", { what: "the launch" }));

  readonly #receivers: Receivers = {
    "need-id-map": ({ pid }) => this.#mapIds(pid),
    cloned: ({ pid, launcher }) => this.#cloned.resolve({ pid, launcher }),
    created: ({ path, parent }) => this.created.push({ path, parent }),
    warning: ({ index, errno }) => this.warnings.push(launchWarning(this.#options.ops, index, errno)),
    ready: ({ pid, launcher }) => this.#ready.resolve({ pid, launcher }),
    failed: (message) => this.#end(launchFailure(this.#options.ops, message)),
    started: () => this.#started.resolve(),
    exited: ({ status }) => {
      // Without `started` before it the process was killed while it was parked.
      this.#started.reject(broken("the process was killed"));
      this.#exited.resolve(status);
    },
  };

  constructor(control: number, options: SessionOptions) {
    this.#options = options;
    this.#socket = new Socket({ fd: control, readable: true, writable: true });
    const frames = new FrameReader(LAUNCHER_FRAME_LIMIT);
    this.#socket.on("data", (chunk) => {
      for (const frame of frames.push(chunk)) this.#receive(decodeFromLauncher(frame));
    });
    // A broken connection ends in "close" as well, which tells.
    this.#socket.on("error", () => undefined);
    this.#socket.on("close", () => {
      this.#end(broken("the launcher ended unexpectedly"));
      this.#closed.resolve();
    });
    if (options.signal?.aborted === true) this.#abort();
    else options.signal?.addEventListener("abort", this.#abort);
  }

  /** Resolves when the process has its namespaces; it is at making its mounts. */
  get cloned(): Promise<Ready> {
    return this.#cloned.promise;
  }
  /** Resolves when the process is parked. */
  get ready(): Promise<Ready> {
    return this.#ready.promise;
  }
  get started(): Promise<void> {
    return this.#started.promise;
  }
  get exited(): Promise<ExitStatus> {
    return this.#exited.promise;
  }
  /** Resolves once nothing more will come. */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  send(message: ToLauncher): void {
    if (!this.#socket.destroyed) this.#socket.write(encodeToLauncher(message));
  }

  /** Hangs up: ends a process that has not started, and one whose descriptors were passed. */
  close(): void {
    this.#socket.destroy();
  }

  /** The same; resolves when a shim's process that had not started is gone with its control groups, at once if it had or this was closed. */
  hangUp(): Promise<void> {
    if (!this.#socket.destroyed) this.#socket.end();
    return this.closed;
  }

  #receive(message: FromLauncher): void {
    (this.#receivers[message.type] as (message: FromLauncher) => void)(message);
  }

  #mapIds(pid: number): void {
    const text = (maps: readonly OciIdMapping[] = []): string =>
      maps.map(({ containerID, hostID, size }) => `${containerID} ${hostID} ${size}\n`).join("");
    try {
      writeFileSync(`/proc/${pid}/gid_map`, text(this.#options.idMaps?.gid));
      writeFileSync(`/proc/${pid}/uid_map`, text(this.#options.idMaps?.uid));
      this.send({ type: "id-map-written" });
    } catch (cause) {
      const errno = (cause as NodeJS.ErrnoException).code ?? "EUNKNOWN";
      this.#end(new Failure("LAUNCH_FAILED", { operation: "mapping users", errno, why: errno }, { cause }));
    }
  }

  /** Fails whatever was not settled yet; the launcher cleans up by itself. */
  #end(error: Failure): void {
    this.#options.signal?.removeEventListener("abort", this.#abort);
    this.#cloned.reject(error);
    this.#ready.reject(error);
    this.#started.reject(error);
    this.#exited.reject(error);
    this.#socket.destroy();
  }
}
