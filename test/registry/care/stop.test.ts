import assert from "node:assert/strict";
import { once } from "node:events";
import { Agent, request } from "node:http";
import { connect, type Socket } from "node:net";
import { describe, it } from "mocha";
import { digestOf } from "../../../core/digest.ts";
import type { Layer } from "../../../registry/server/call.ts";
import { TestRegistry } from "../server/support.ts";

/** What a client may leave open without waiting for anything. */
const IDLE: Readonly<Record<string, (port: number) => Promise<unknown>>> = {
  "that never sent a byte": (port) => connected(port, ""),
  "with half a request line": (port) => connected(port, "GET /v2/ HT"),
  "kept alive after an answer": async (port) => {
    const agent = new Agent({ keepAlive: true });
    const [response] = await once(request({ port, path: "/v2/", agent }).end(), "response");
    await once(response.resume(), "end");
  },
};

async function connected(port: number, text: string): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => undefined);
  await once(socket, "connect");
  socket.write(text);
  return socket;
}

/** Tells when a request has reached the handlers. */
function arrival(method: string): { readonly layer: Layer; readonly arrived: Promise<void> } {
  let tell: () => void = () => undefined;
  const arrived = new Promise<void>((resolve) => {
    tell = resolve;
  });
  const layer: Layer = (next) => (call) => {
    if (call.method === method) tell();
    return next(call);
  };
  return { layer, arrived };
}

describe("a registry that is told to stop", () => {
  for (const [title, open] of Object.entries(IDLE))
    it(`does not wait for a connection ${title}`, async function () {
      // Half the time after which connections are cut.
      this.timeout(5_000);
      const { layer, arrived } = arrival("GET");
      const registry = await TestRegistry.open({ layers: [layer] });
      await open(registry.port);
      // What was sent before has been read too.
      await Promise.all([registry.send("GET", "/v2/"), arrived]);
      await registry[Symbol.asyncDispose]();
    });

  it("lets a request under way end, and its connection with it", async () => {
    const { layer, arrived } = arrival("PUT");
    const registry = await TestRegistry.open({ layers: [layer] });
    const location = await registry.startUpload("a");
    const agent = new Agent({ keepAlive: true });
    const path = `${location}?digest=${digestOf("hello")}`;
    const sending = request({ port: registry.port, host: "127.0.0.1", method: "PUT", path, agent });
    sending.write("hel");
    await arrived;
    const stopped = registry[Symbol.asyncDispose]();
    await assert.rejects(connectedAndAnswered(registry.port));
    sending.end("lo");
    const [response] = await once(sending, "response");
    assert.equal(response.statusCode, 201);
    response.resume();
    await stopped;
  });
});

async function connectedAndAnswered(port: number): Promise<void> {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  socket.destroy();
}
