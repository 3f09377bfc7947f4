import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, createConnection, type Server, type Socket } from "node:net";
import { describe, it } from "mocha";
import { readAll } from "../../../../core/streams.ts";
import { Connections } from "../../../../registry/client/http/connections.ts";
import { proxyFor } from "../../../../registry/client/http/proxies.ts";
import { retrying } from "../../../../registry/client/http/retries.ts";
import { Trust } from "../../../../registry/client/http/trust.ts";
import { requiresCommand } from "../../../support/requires.ts";
import { Scratch } from "../../../support/scratch.ts";

describe("proxies", () => {
  const env = { HTTPS_PROXY: "http://proxy:3128", HTTP_PROXY: "plain:8080" };
  const cases: readonly [url: string, noProxy: string, proxy: string | undefined][] = [
    ["https://a.example/", "", "http://proxy:3128/"],
    ["http://a.example/", "", "http://plain:8080/"],
    ["https://localhost:5000/", "", undefined],
    ["https://127.0.0.2/", "", undefined],
    ["https://[::1]/", "", undefined],
    ["https://a.example/", "*", undefined],
    ["https://a.example/", "example", undefined],
    ["https://a.example/", ".example", undefined],
    ["https://a.example/", "*.example", undefined],
    ["https://anexample/", "example", "http://proxy:3128/"],
    ["https://a.example/", "b.example, a.example:443", undefined],
    ["https://a.example:5000/", "a.example:443", "http://proxy:3128/"],
    ["https://10.1.2.3/", "10.0.0.0/8", undefined],
    ["https://11.1.2.3/", "10.0.0.0/8", "http://proxy:3128/"],
    ["https://[fd00::1]/", "fd00::/8", undefined],
  ];
  for (const [url, noProxy, proxy] of cases)
    it(`${url} with NO_PROXY=${noProxy} goes by ${proxy ?? "none"}`, () =>
      assert.equal(proxyFor(new URL(url), { ...env, NO_PROXY: noProxy })?.href, proxy));
});

describe("trust", () => {
  const insecure = ["plain.example", "other.example:5000", "10.0.0.0/8"];
  const cases: readonly [host: string, insecure: boolean][] = [
    ["localhost:5000", true],
    ["127.0.0.1", true],
    ["[::1]:5000", true],
    ["plain.example", true],
    ["plain.example:443", true],
    ["other.example:5000", true],
    ["10.9.8.7:5000", true],
    ["11.9.8.7:5000", false],
  ];
  for (const [host, want] of cases)
    it(`${host} ${want ? "needs none" : "must be earned"}`, async () =>
      assert.equal(await new Trust(insecure).isInsecure(host), want));

  it("is not given to a URL", () => {
    assert.throws(() => new Trust(["http://a.example"]), { code: "OPTION_INVALID" });
  });
});

async function listen(server: Server): Promise<AsyncDisposable & { readonly port: number }> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.close();
      await once(server, "close");
    },
  };
}

/** A key and a certificate for 127.0.0.1 that signs itself. */
function makeCertificate(openssl: string, scratch: Scratch): { readonly key: string; readonly cert: string } {
  const [key, cert] = [scratch.join("key.pem"), scratch.join("cert.pem")];
  const subject = ["-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1"];
  const files = ["-keyout", key, "-out", cert, "-days", "2", "-nodes"];
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"];
  execFileSync(openssl, ["req", "-x509", ...curve, ...files, ...subject], { stdio: "ignore" });
  return { key, cert };
}

const options = { env: {}, userAgent: "test", certificates: [] as readonly string[] };

describe("connections", () => {
  it("trust the authorities of certs.d and show the client's certificate", async function () {
    const openssl = requiresCommand(this, "openssl");
    using scratch = new Scratch();
    const files = makeCertificate(openssl, scratch);
    const [key, cert] = [readFileSync(files.key), readFileSync(files.cert)];
    const server = createTlsServer(
      { key, cert, ca: cert, requestCert: true, rejectUnauthorized: true },
      (_request, response) => response.end("hello"),
    );
    await using listening = await listen(server);
    const host = `127.0.0.1:${listening.port}`;
    const folder = scratch.join("certs.d", host);
    mkdirSync(folder, { recursive: true });
    copyFileSync(files.cert, `${folder}/ca.crt`);
    copyFileSync(files.cert, `${folder}/client.cert`);
    copyFileSync(files.key, `${folder}/client.key`);
    const request = { method: "GET", url: new URL(`https://${host}/v2/`), headers: {} } as const;
    await using knowing = new Connections({
      ...options,
      trust: new Trust([]),
      certificates: [scratch.join("certs.d")],
    });
    const response = await knowing.send(request);
    assert.equal((await readAll(response.body, 100)).toString(), "hello");
    await using strict = new Connections({ ...options, trust: new Trust([]) });
    await assert.rejects(strict.send(request), {
      code: "REGISTRY_TLS",
      message: `Get "https://${host}/v2/": tls: failed to verify certificate: x509: certificate signed by unknown authority`,
    });
  });

  it("say when a registry does not speak TLS, and when nobody listens", async () => {
    const plain = createServer((_request, response) => response.end("hello"));
    let port = 0;
    {
      await using listening = await listen(plain);
      port = listening.port;
      await using connections = new Connections({ ...options, trust: new Trust([]) });
      const url = new URL(`https://127.0.0.1:${port}/v2/`);
      await assert.rejects(connections.send({ method: "GET", url, headers: {} }), {
        code: "REGISTRY_TLS",
        message: `Get "${url.href}": http: server gave HTTP response to HTTPS client`,
      });
    }
    await using connections = new Connections({ ...options, trust: new Trust([]) });
    const url = new URL(`http://127.0.0.1:${port}/v2/`);
    await assert.rejects(connections.send({ method: "GET", url, headers: {} }), {
      code: "REGISTRY_UNREACHABLE",
      message: `Get "${url.href}": connect: connection refused`,
    });
  });

  it("hand plain requests whole to a proxy", async () => {
    const asked: string[] = [];
    const proxy = createServer((request, response) => {
      asked.push(`${request.url} ${request.headers["proxy-authorization"] ?? "-"}`);
      response.end("by proxy");
    });
    await using listening = await listen(proxy);
    const env = { HTTP_PROXY: `http://joe:secret@127.0.0.1:${listening.port}` };
    await using connections = new Connections({ ...options, env, trust: new Trust([]) });
    const url = new URL("http://registry.invalid/v2/");
    const response = await connections.send({ method: "GET", url, headers: {} });
    assert.equal((await readAll(response.body, 100)).toString(), "by proxy");
    const basic = Buffer.from("joe:secret").toString("base64");
    assert.deepEqual(asked, [`${url.href} Basic ${basic}`]);
  });

  it("tunnel TLS through a proxy, and say when it refuses", async function () {
    const openssl = requiresCommand(this, "openssl");
    using scratch = new Scratch();
    const files = makeCertificate(openssl, scratch);
    const [key, cert] = [readFileSync(files.key), readFileSync(files.cert)];
    const server = createTlsServer({ key, cert }, (_request, response) => response.end("by tunnel"));
    await using listening = await listen(server);
    const asked: string[] = [];
    const proxy = createServer();
    proxy.on("connect", (request, socket) => {
      asked.push(`${request.url} ${request.headers["proxy-authorization"] ?? "-"}`);
      if (request.url === "refused.invalid:443") return socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
      const target = createConnection(listening.port, "127.0.0.1");
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      socket.pipe(target).pipe(socket);
    });
    await using proxying = await listen(proxy);
    const env = { HTTPS_PROXY: `http://joe:se%20cret@127.0.0.1:${proxying.port}` };
    const trust = new Trust(["registry.invalid"]);
    assert.ok(await trust.isInsecure("registry.invalid"));
    await using connections = new Connections({ ...options, env, trust });
    const get = (url: string) => connections.send({ method: "GET", url: new URL(url), headers: {} });
    const response = await get("https://registry.invalid/v2/");
    assert.equal((await readAll(response.body, 100)).toString(), "by tunnel");
    assert.equal(asked[0], `registry.invalid:443 Basic ${Buffer.from("joe:se cret").toString("base64")}`);
    await assert.rejects(get("https://refused.invalid/v2/"), {
      code: "REGISTRY_UNREACHABLE",
      message: `Get "https://refused.invalid/v2/": the proxy answers 403 to CONNECT refused.invalid:443`,
    });
  });

  it("are used again, and renewed when the server closed them meanwhile", async () => {
    let connected = 0;
    const server = createServer({ keepAlive: true }, (request, response) => {
      request.resume();
      response.end(request.method);
    });
    const sockets: Socket[] = [];
    server.on("connection", (socket) => {
      connected += 1;
      sockets.push(socket);
    });
    await using listening = await listen(server);
    await using connections = new Connections({ ...options, trust: new Trust([]) });
    const url = new URL(`http://127.0.0.1:${listening.port}/`);
    // A connection may be lost just when the next request was written to it: that is the retries' to mend.
    const send = retrying({ wait: () => Promise.resolve() })(connections.send);
    const get = async (): Promise<string> => {
      const response = await send({ method: "GET", url, headers: {} });
      return (await readAll(response.body, 100)).toString();
    };
    for (let i = 0; i < 10; i += 1) assert.equal(await get(), "GET");
    const opened = connected;
    assert.ok(opened <= 2, `${opened} connections for ten requests, one after the other`);
    for (const socket of sockets) socket.resetAndDestroy();
    assert.equal(await get(), "GET");
    assert.ok(connected > opened);
  });

  it("stop sending a body when the answer does not wait for it", async () => {
    const server = createServer((_request, response) => response.writeHead(403).end("no"));
    await using listening = await listen(server);
    await using connections = new Connections({ ...options, trust: new Trust([]) });
    let sent = 0;
    let close: () => void;
    const closed = new Promise<void>((resolve) => {
      close = resolve;
    });
    async function* open(): AsyncGenerator<Uint8Array> {
      try {
        for (; sent < 1 << 30; sent += 1 << 20) yield Buffer.alloc(1 << 20);
      } finally {
        close();
      }
    }
    const url = new URL(`http://127.0.0.1:${listening.port}/`);
    const response = await connections.send({
      method: "PUT",
      url,
      headers: {},
      body: { size: 1 << 30, open },
    });
    assert.equal(response.status, 403);
    assert.equal((await readAll(response.body, 100)).toString(), "no");
    await closed;
    assert.ok(sent < 1 << 29, `${sent} bytes were sent`);
  });
});
