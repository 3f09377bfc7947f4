import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";

/** Who the certificate that a client showed was made out to, where it was one of those that are trusted. */
export function userOf(socket: Socket): string | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
  const { CN } = socket.getPeerCertificate().subject;
  // A name that is there several times is a list.
  const [name] = [CN ?? []].flat();
  return name;
}
