import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { createServer, type Server } from "node:net";

const ADDRESS = Buffer.from([192, 0, 2, 1]);

export const question = (name: string, type = 1): Buffer =>
  Buffer.concat([
    ...name.split(".").map((label) => Buffer.concat([Buffer.of(label.length), Buffer.from(label)])),
    Buffer.of(0, 0, type, 0, 1),
  ]);

/** A query with this id; `rest` follows the question. */
export function query(
  id: number,
  body: Buffer,
  { flags = 0x0100, additional = 0, rest = Buffer.alloc(0) } = {},
): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt16BE(id, 0);
  head.writeUInt16BE(flags, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(additional, 10);
  return Buffer.concat([head, body, rest]);
}

export const OPT = Buffer.from([0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0]);

/** 192.0.2.1 for everything; "big" is cut in a datagram, "silent" is not answered. */
function answer(asked: Buffer, transport: "udp" | "tcp"): Buffer | undefined {
  const text = asked.toString("latin1");
  if (text.includes("silent")) return undefined;
  const cut = transport === "udp" && text.includes("big");
  const end = asked.indexOf(0, 12) + 5;
  const head = Buffer.from(asked.subarray(0, 12));
  head.writeUInt16BE(cut ? 0x8380 : 0x8180, 2);
  head.writeUInt16BE(cut ? 0 : 1, 6);
  const record = Buffer.concat([Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4]), ADDRESS]);
  // What follows the question goes back as it came: it shows what was passed on.
  return Buffer.concat([head, asked.subarray(12, end), ...(cut ? [] : [record]), asked.subarray(end)]);
}

/** A name server at the domain port of an address of this host. */
export class FakeDns implements AsyncDisposable {
  readonly #udp: Socket;
  readonly #tcp: Server;

  private constructor(udp: Socket, tcp: Server) {
    this.#udp = udp;
    this.#tcp = tcp;
  }

  static async listen(address: string): Promise<FakeDns> {
    const udp = createSocket("udp4");
    udp.on("message", (asked, { port, address: from }) => {
      const found = answer(asked, "udp");
      if (found !== undefined) udp.send(found, port, from);
    });
    const tcp = createServer((socket) => {
      socket.on("data", (data) => {
        const found = answer(data.subarray(2), "tcp");
        if (found === undefined) return;
        socket.write(Buffer.concat([Buffer.of(found.length >> 8, found.length & 255), found]));
      });
      socket.on("error", () => undefined);
    });
    udp.bind(53, address);
    tcp.listen(53, address);
    await Promise.all([once(udp, "listening"), once(tcp, "listening")]);
    return new FakeDns(udp, tcp);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#udp.close();
    await new Promise((resolve) => this.#tcp.close(resolve));
  }
}
