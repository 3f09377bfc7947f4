import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { readAll } from "../../../../core/streams.ts";
import { Connections } from "../../../../registry/client/http/connections.ts";
import { Trust } from "../../../../registry/client/http/trust.ts";

const open = () => new Connections({ env: {}, trust: new Trust([]), certificates: [], userAgent: "test" });
const get = (port: number) =>
  ({ method: "GET", url: new URL(`http://localhost:${port}/`), headers: {} }) as const;

describe("localhost", () => {
  for (const host of ["127.0.0.1", "::1"]) {
    it(`is reached where only ${host} is listened on`, async function () {
      const server = createServer((_request, response) => response.end("here"));
      const listening = await new Promise<boolean>((resolve) => {
        server.once("error", () => resolve(false)).listen(0, host, () => resolve(true));
      });
      if (!listening) return this.skip();
      try {
        await using connections = open();
        const { port } = server.address() as AddressInfo;
        const { body } = await connections.send(get(port));
        assert.equal((await readAll(body, 100)).toString(), "here");
      } finally {
        server.close();
      }
    });
  }

  it("says why it was not reached", async () => {
    await using connections = open();
    await assert.rejects(connections.send(get(1)), /localhost:1.*refused/);
  });
});
