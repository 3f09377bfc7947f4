import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import type { Duplex } from "node:stream";

export interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  /** The same as UTF-8. */
  readonly text: string;
}

export interface AskOptions {
  readonly body?: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One request to the API behind a unix socket. A body of text is a JSON document. */
export function ask(
  socketPath: string,
  method: string,
  path: string,
  { body, headers = {} }: AskOptions = {},
): Promise<Answered> {
  const typed = typeof body === "string" ? { "content-type": "application/json" } : {};
  return new Promise((resolve, reject) => {
    const sent = httpRequest({ socketPath, method, path, headers: { ...typed, ...headers } }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.once("error", reject);
      response.once("end", () => {
        const { statusCode: status = 0, headers: answered } = response;
        const bytes = Buffer.concat(chunks);
        resolve({ status, headers: answered, bytes, text: bytes.toString() });
      });
    });
    // A server that has answered may close before it has read everything.
    sent.on("error", reject);
    sent.end(body);
  });
}

/** The connection that a request to become another protocol leaves. */
export function upgraded(
  socketPath: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest({
      socketPath,
      method: "POST",
      path,
      headers: { connection: "Upgrade", upgrade: "h2c", ...headers },
    });
    sent.once("upgrade", (_response, socket, head) => {
      if (head.byteLength > 0) socket.unshift(head);
      resolve(socket);
    });
    sent.once("response", (response) => {
      let text = "";
      response.on("data", (chunk: Buffer) => (text += chunk.toString()));
      response.once("end", () => reject(new Error(`${response.statusCode} ${text}`)));
    });
    sent.once("error", reject);
    sent.end();
  });
}
