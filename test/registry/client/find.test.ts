import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, createServer } from "node:net";
import { describe, it } from "mocha";
import { parseReference } from "../../../core/reference.ts";
import { Registries } from "../../../registry/client/registries.ts";
import { requiresCommand } from "../../support/requires.ts";
import { Scratch } from "../../support/scratch.ts";
import { anonymous } from "./support.ts";

/** The first byte of a TLS handshake: RFC 8446, section 5.1. */
const HANDSHAKE = 0x16;

const ANSWERS: readonly [title: string, answer: (port: number) => string][] = [
  ["closes the connection", () => ""],
  ["says that it is wrong", () => "HTTP/1.0 400 Bad Request\r\n\r\nthis port speaks TLS\n"],
  [
    "sends elsewhere",
    (port) => `HTTP/1.0 308 Permanent Redirect\r\nLocation: https://127.0.0.1:${port}/v2/\r\n\r\n`,
  ],
];

/** A registry behind TLS, and what it answers to who does not speak that. */
async function listen(openssl: string, answer: (port: number) => string) {
  using scratch = new Scratch();
  const [key, cert] = [scratch.join("key.pem"), scratch.join("cert.pem")];
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-subj", "/CN=test"];
  const files = ["-keyout", key, "-out", cert, "-days", "2", "-nodes"];
  execFileSync(openssl, ["req", "-x509", ...curve, ...files], { stdio: "ignore" });
  const secure = createTlsServer({ key: readFileSync(key), cert: readFileSync(cert) }, (request, response) =>
    response.end(request.url === "/v2/" ? "{}" : '{"name":"app","tags":["one"]}'),
  );
  const server = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.once("readable", () => {
      const head: Buffer | null = socket.read();
      if (head === null) return;
      if (head[0] !== HANDSHAKE) return socket.end(answer(port));
      socket.unshift(head);
      secure.emit("connection", socket);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return { port, [Symbol.dispose]: () => void server.close() };
}

describe("a registry of this machine", () => {
  for (const [title, answer] of ANSWERS)
    it(`is found behind TLS when it ${title} to a plain request`, async function () {
      using server = await listen(requiresCommand(this, "openssl"), answer);
      await using registries = new Registries(anonymous);
      const reference = parseReference(`127.0.0.1:${server.port}/app`);
      const work = { reference, access: "pull" } as const;
      const tags = await registries.with(work, (repository) => repository.tags());
      assert.deepEqual(tags, ["one"]);
    });
});
