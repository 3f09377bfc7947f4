import { createHash } from "node:crypto";
import { Agent, type IncomingMessage, request } from "node:http";

export interface Received {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  /** The first bytes; all of a document. */
  readonly head: Buffer;
  readonly size: number;
  /** sha256 of the whole body. */
  readonly digest: string;
}

/** The server went away, or cut the connection. */
export class Gone extends Error {}

const HEAD_LIMIT = 1 << 20;

/** One connection to a registry, one request after the other. Bodies are hashed as they come and not kept. */
export class Wire implements Disposable {
  readonly #url: URL;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });

  constructor(url: string) {
    this.#url = new URL(url);
  }

  /** Rejects with Gone. */
  send(method: string, path: string, sent: Sent = {}): Promise<Received> {
    return new Promise((resolve, reject) => {
      const gone = (error: Error): void => reject(new Gone(`${method} ${path}`, { cause: error }));
      const length = sent.body === undefined ? {} : { "content-length": sent.body.byteLength };
      const { hostname, port } = this.#url;
      const headers = { ...length, ...sent.headers };
      const sending = request({ hostname, port, method, path, headers, agent: this.#agent });
      sending.on("response", (response) => void receive(response).then(resolve, gone));
      sending.on("error", gone);
      sending.end(sent.body);
    });
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }
}

export interface Sent {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

async function receive(response: IncomingMessage): Promise<Received> {
  const hash = createHash("sha256");
  const kept: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    hash.update(chunk);
    if (size < HEAD_LIMIT) kept.push(chunk);
    size += chunk.byteLength;
  }
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    head: Buffer.concat(kept),
    size,
    digest: `sha256:${hash.digest("hex")}`,
  };
}
