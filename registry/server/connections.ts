import type { Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/**
 * The connections of a server, and which of them wait for an answer. Node counts one that never sent a request as busy, so that a client which only
 * connected would hold up a stop.
 */
export class Connections {
  readonly #open = new Set<Socket>();
  readonly #busy = new Map<string, number>();
  #stopping = false;

  /** A TLS server has two sockets per connection; they are one by their peer. */
  watch(server: Server): void {
    for (const event of ["connection", "secureConnection"])
      server.on(event, (socket: Socket) => {
        this.#open.add(socket);
        socket.once("close", () => this.#open.delete(socket));
      });
  }

  /** The connection is busy until the last byte of the answer has left. */
  answering(socket: Socket, response: ServerResponse): void {
    const peer = peerOf(socket);
    this.#busy.set(peer, (this.#busy.get(peer) ?? 0) + 1);
    response.once("close", () => {
      const left = (this.#busy.get(peer) ?? 1) - 1;
      if (left > 0) this.#busy.set(peer, left);
      else this.#busy.delete(peer);
      if (left === 0 && this.#stopping) socket.destroySoon();
    });
  }

  /** Ends those without a request under way at once, the others after their answers. */
  stop(): void {
    this.#stopping = true;
    for (const socket of this.#open) if (!this.#busy.has(peerOf(socket))) socket.destroy();
  }

  closeAll(): void {
    for (const socket of this.#open) socket.destroy();
  }
}

const peerOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`;
