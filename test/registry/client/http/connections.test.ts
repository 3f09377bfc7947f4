import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Server } from "node:net";
import { describe, it } from "mocha";
import { readAll } from "../../../../core/streams.ts";
import { Connections } from "../../../../registry/client/http/connections.ts";
import { proxyFor } from "../../../../registry/client/http/proxies.ts";
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
});
