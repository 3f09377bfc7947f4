import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";
import { afterEach, beforeEach, describe, it } from "mocha";
import { readAll } from "../../../../core/streams.ts";
import { Connections } from "../../../../registry/client/http/connections.ts";
import { bytesBody } from "../../../../registry/client/http/message.ts";
import { Trust } from "../../../../registry/client/http/trust.ts";
import { exchange } from "../support.ts";

const connections = () =>
  new Connections({
    env: {},
    userAgent: "test",
    certificates: [],
    trust: new Trust([]),
    exchange,
  });

/** Answers HTTP/1.0 with `answer` and the end of the connection, and everything else with "whole". */
class Answering implements AsyncDisposable {
  readonly asked: string[] = [];
  readonly #server: Server;

  private constructor(answer: string) {
    this.#server = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.on("data", (bytes) => {
        const text = bytes.toString("latin1");
        this.asked.push(text);
        if (!text.includes(" HTTP/1.0\r\n"))
          socket.write("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nwhole");
        else if (answer.includes("keep-alive")) socket.write(answer, "latin1");
        else socket.end(answer, "latin1");
      });
    });
  }

  static async start(answer: string): Promise<Answering> {
    const answering = new Answering(answer);
    answering.#server.listen(0, "127.0.0.1");
    await once(answering.#server, "listening");
    return answering;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    await once(this.#server, "close");
  }
}

const cases: readonly { readonly title: string; readonly answer: string; readonly got: string }[] = [
  {
    title: "end with the connection",
    answer: "HTTP/1.1 201 Created\r\nX-A: 1\r\n\r\nbrief",
    got: "201 1 brief",
  },
  {
    title: "have fields more than once",
    answer: "HTTP/1.0 200\r\nx-a: 1\r\nX-A:  2 \r\ncontent-length: 5\r\n\r\nbrief",
    got: "200 1, 2 brief",
  },
  {
    title: "do not end with the connection",
    answer: "HTTP/1.1 201 Created\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nbrief",
    got: "201 - brief",
  },
  { title: "have no body", answer: "HTTP/1.1 204 No Content\r\n\r\n", got: "204 - " },
  {
    title: "want a newer HTTP",
    answer: "HTTP/1.1 426 Upgrade Required\r\ncontent-length: 0\r\n\r\n",
    got: "200 - whole",
  },
  { title: "are cut short", answer: "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nbrief", got: "200 - whole" },
  {
    title: "come in chunks",
    answer: "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    got: "200 - whole",
  },
  { title: "never come", answer: "", got: "200 - whole" },
  { title: "are not HTTP", answer: "220 mail.example ready\r\n\r\n", got: "200 - whole" },
  {
    title: "are too long",
    answer: `HTTP/1.1 200 OK\r\n\r\n${"x".repeat((8 << 20) + (1 << 17))}`,
    got: "200 - whole",
  },
];

describe("small requests to this machine", () => {
  let client: Connections;
  beforeEach(() => {
    client = connections();
  });
  afterEach(() => client[Symbol.asyncDispose]());

  for (const { title, answer, got } of cases)
    it(`get answers that ${title}`, async () => {
      await using server = await Answering.start(answer);
      const url = new URL(`http://localhost:${server.port}/v2/`);
      const response = await client.send({ method: "GET", url, headers: {}, brief: true });
      const body = (await readAll(response.body, 100)).toString();
      assert.equal(`${response.status} ${response.header("x-a") ?? "-"} ${body}`, got);
      // Before the next test closes them again.
      await client[Symbol.asyncDispose]();
    });

  it("are sent with what belongs to them", async () => {
    await using server = await Answering.start("HTTP/1.1 201 Created\r\n\r\n");
    const url = new URL(`http://127.0.0.1:${server.port}/v2/a/manifests/1?b=c`);
    const body = bytesBody(Buffer.from("{}"));
    await client.send({ method: "PUT", url, headers: { "content-type": "a/b" }, body, brief: true });
    const host = `127.0.0.1:${server.port}`;
    const head = `PUT /v2/a/manifests/1?b=c HTTP/1.0\r\nhost: ${host}\r\nuser-agent: test\r\ncontent-type: a/b\r\ncontent-length: 2\r\n\r\n`;
    assert.equal(server.asked.join(""), `${head}{}`);
  });

  it("are not sent with a line in the middle of a field", async () => {
    await using server = await Answering.start("HTTP/1.1 200 OK\r\n\r\n");
    const url = new URL(`http://localhost:${server.port}/v2/`);
    const headers = { authorization: "Basic x\r\nhost: other" };
    await assert.rejects(
      client.send({ method: "GET", url, headers, brief: true }),
      /invalid authorization header/i,
    );
    assert.deepEqual(server.asked, []);
  });

  it("are given up when that is wanted", async () => {
    const silent = createServer((socket) => socket.on("data", () => cancel.abort(new Error("enough"))));
    const cancel = new AbortController();
    silent.listen(0, "127.0.0.1");
    await once(silent, "listening");
    const url = new URL(`http://localhost:${(silent.address() as AddressInfo).port}/v2/`);
    const { signal } = cancel;
    await assert.rejects(client.send({ method: "GET", url, headers: {}, brief: true, signal }), /enough/);
    silent.close();
  });

  it("say when nobody listens", async () => {
    await using server = await Answering.start("");
    const url = new URL(`http://localhost:${server.port}/v2/`);
    await server[Symbol.asyncDispose]();
    await assert.rejects(client.send({ method: "GET", url, headers: {}, brief: true }), {
      code: "REGISTRY_UNREACHABLE",
      message: `Get "${url.href}": connect: connection refused`,
    });
  });
});
