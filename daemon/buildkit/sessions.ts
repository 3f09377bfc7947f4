import type { IncomingHttpHeaders } from "node:http";
import type { Duplex } from "node:stream";
import { deferred } from "../../core/deferred.ts";
import { Failure } from "../../core/errors.ts";
import type { Channel } from "../../wire/grpc/channel.ts";
import { keepAlive } from "./keep-alive.ts";

/** What a client lends to its builds: the services it serves on the connection that it opened. */
export interface Session {
  readonly id: string;
  readonly channel: Channel;
  /** Whether it serves a method: "/moby.filesync.v1.FileSync/DiffCopy". */
  readonly serves: (method: string) => boolean;
}

/** A build and its session are opened at the same time: so long the one waits for the other. */
const WAIT_MS = 10_000;
const MAX_ID = 256;

const textOf = (value: string | readonly string[] | undefined): string =>
  typeof value === "string" ? value : (value?.join(",") ?? "");

/** The sessions of a daemon. */
export class Sessions {
  readonly #open = new Map<string, Session>();
  #news = deferred();

  /**
   * Makes ready for a session that a client wants to open: what is returned makes one of a connection, and it ends with that.
   * Rejects with REQUEST_INVALID, SESSION_EXISTS.
   */
  async accept(headers: IncomingHttpHeaders): Promise<(socket: Duplex) => void> {
    const id = this.#newId(headers);
    const { Channel } = await import("../../wire/grpc/channel.ts");
    const methods = textOf(headers["x-docker-expose-session-grpc-method"]).toLowerCase().split(/,\s*/);
    const served = new Set(methods);
    return (socket) =>
      this.#add({
        id,
        channel: new Channel(socket),
        serves: (method) => served.has(method.toLowerCase()),
      });
  }

  #newId(headers: IncomingHttpHeaders): string {
    const id = textOf(headers["x-docker-expose-session-uuid"]);
    if (id === "" || id.length > MAX_ID)
      throw new Failure("REQUEST_INVALID", { why: "X-Docker-Expose-Session-Uuid header: expected an id" });
    if (this.#open.has(id)) throw new Failure("SESSION_EXISTS", { session: id });
    return id;
  }

  #add(session: Session): void {
    const { id, channel } = session;
    // Two at the same time: the first has the id.
    if (this.#open.has(id)) {
      channel[Symbol.dispose]();
      return;
    }
    this.#open.set(id, session);
    channel.signal.addEventListener("abort", () => this.#open.delete(id), { once: true });
    keepAlive(session);
    this.#news.resolve();
    this.#news = deferred();
  }

  /** Waits for it a while. Rejects with SESSION_UNKNOWN. */
  async get(id: string, signal: AbortSignal): Promise<Session> {
    const late = AbortSignal.any([signal, AbortSignal.timeout(WAIT_MS)]);
    const gone = new Promise<void>((resolve) =>
      late.addEventListener("abort", () => resolve(), { once: true }),
    );
    for (;;) {
      const session = this.#open.get(id);
      if (session !== undefined) return session;
      if (late.aborted) throw new Failure("SESSION_UNKNOWN", { session: id });
      await Promise.race([this.#news.promise, gone]);
    }
  }
}
