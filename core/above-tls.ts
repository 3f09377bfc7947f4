import { Duplex } from "node:stream";
import { TLSSocket } from "node:tls";

/**
 * A connection that another protocol takes over from HTTP, for node:http2: over TLS it would read the socket's handle itself, from below the
 * encryption, whose reader node:https has taken from its place. Destroying what is returned destroys the connection.
 */
export const aboveTls = (socket: Duplex): Duplex =>
  socket instanceof TLSSocket ? Duplex.from({ readable: socket, writable: socket }) : socket;
