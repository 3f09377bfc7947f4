import { randomUUID } from "node:crypto";
import type { Duplex } from "node:stream";
import { type handleBidiStreamingCall, Server, ServerCredentials } from "@grpc/grpc-js";
import { SOLVE_REQUEST, SOLVE_RESPONSE } from "../../../wire/buildkit/control.ts";
import { PACKET, type Packet } from "../../../wire/buildkit/session.ts";
import { Channel } from "../../../wire/grpc/channel.ts";
import { upgraded } from "./ask.ts";
import type { DaemonRig } from "./daemon-rig.ts";

type SentPacket = Parameters<typeof PACKET.encode>[0];
/** What a client of ours does with a request for files. */
export type Lend = handleBidiStreamingCall<Packet, SentPacket>;

const DIFF_COPY = "/moby.filesync.v1.FileSync/DiffCopy";
const SOLVE = "/moby.buildkit.v1.Control/Solve";

/** A client that lends its files as a test wants it, and asks for a build with them. */
export class BuildkitClient implements Disposable {
  readonly #server = new Server();
  readonly #channel: Channel;
  readonly session: Duplex;
  readonly #id: string;

  private constructor(parts: {
    readonly id: string;
    readonly session: Duplex;
    readonly channel: Channel;
    readonly lend: Lend;
  }) {
    this.#id = parts.id;
    this.session = parts.session;
    this.#channel = parts.channel;
    const method = {
      path: DIFF_COPY,
      requestStream: true,
      responseStream: true,
      requestSerialize: (packet: SentPacket) => PACKET.encode(packet),
      requestDeserialize: (bytes: Buffer) => PACKET.decode(bytes),
      responseSerialize: (packet: SentPacket) => PACKET.encode(packet),
      responseDeserialize: (bytes: Buffer) => PACKET.decode(bytes),
    };
    this.#server.addService({ method }, { method: parts.lend });
    this.#server.createConnectionInjector(ServerCredentials.createInsecure()).injectConnection(parts.session);
  }

  static async open(daemon: DaemonRig, lend: Lend): Promise<BuildkitClient> {
    const id = randomUUID();
    const headers = {
      "x-docker-expose-session-uuid": id,
      "x-docker-expose-session-grpc-method": DIFF_COPY,
    };
    // What a peer sends first must find who reads it.
    const channel = new Channel(await upgraded(daemon.socket, "/grpc"));
    return new BuildkitClient({
      id,
      lend,
      channel,
      session: await upgraded(daemon.socket, "/session", headers),
    });
  }

  solve(request: Parameters<typeof SOLVE_REQUEST.encode>[0] = {}, signal?: AbortSignal) {
    const types = { request: SOLVE_REQUEST, response: SOLVE_RESPONSE };
    const whole = { ref: randomUUID(), session: this.#id, frontend: "dockerfile.v0", ...request };
    return this.#channel.call(SOLVE, types, whole, signal === undefined ? {} : { signal });
  }

  [Symbol.dispose](): void {
    this.#channel[Symbol.dispose]();
    this.session.destroy();
    this.#server.forceShutdown();
  }
}
