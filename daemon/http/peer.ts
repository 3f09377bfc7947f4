import type { Server, Socket } from "node:net";

/** A process on the other side of a local socket, as the kernel knows it: unix(7), SO_PEERCRED. */
export interface Peer {
  /** 0 where it is in a pid namespace that is none of ours. */
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}
/** Who is connected to the unix socket `fd`; undefined for what is none. */
export type FindPeer = (fd: number) => Peer | undefined;

/** Who connected to servers by local sockets. Asked when they connect: a socket that was closed since tells nothing. */
export class Peers {
  readonly #find: FindPeer;
  readonly #known = new WeakMap<Socket, Peer>();

  constructor(find: FindPeer) {
    this.#find = find;
  }

  watch(server: Server): void {
    server.on("connection", (socket: Socket) => {
      const fd = descriptorOf(socket);
      // What has an address is no local socket.
      const peer = fd === undefined || socket.remoteAddress !== undefined ? undefined : this.#find(fd);
      if (peer !== undefined) this.#known.set(socket, peer);
    });
  }

  /** How the audit log names the other side: its address, or its process and user. */
  describe(socket: Socket): string {
    const peer = this.#known.get(socket);
    if (peer === undefined) return socket.remoteAddress ?? "a local socket";
    const { pid, uid } = peer;
    return `a local socket of user ${uid}${pid === 0 ? "" : ` (process ${pid})`}`;
  }
}

/** Node has no public way to the descriptor of a socket; without one the other side stays unnamed. */
function descriptorOf(socket: Socket): number | undefined {
  const { _handle: handle } = socket as unknown as { readonly _handle?: { readonly fd?: number } | null };
  return handle?.fd !== undefined && handle.fd >= 0 ? handle.fd : undefined;
}
