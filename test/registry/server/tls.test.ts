import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { connect } from "node:net";
import type { TLSSocket } from "node:tls";
import { describe, it } from "mocha";
import { describeError, isCode } from "../../../core/errors.ts";
import { prepareOwnCertificate } from "../../../registry/server/tls/own-authority.ts";
import { TlsFiles } from "../../../registry/server/tls/tls-files.ts";
import { issueCertificate, makeAuthority, type Pair } from "../../../registry/server/tls/x509.ts";
import { Scratch } from "../../support/scratch.ts";
import { TestRegistry } from "./support.ts";

const DAY_MS = 24 * 3_600_000;
const lifetime = (days = 1) => ({
  from: new Date(Date.now() - DAY_MS),
  to: new Date(Date.now() + days * DAY_MS),
});
const authority = makeAuthority("test", lifetime());
const issue = (...names: readonly string[]): Pair => issueCertificate(authority, names, lifetime());

/** Status and serial number a client meets that trusts `ca` alone and connects to 127.0.0.1 by a name. */
function ask(
  port: number,
  ca: string,
  servername: string,
): Promise<{ readonly status: number; readonly serial: string }> {
  return new Promise((resolve, reject) => {
    request(
      {
        host: "127.0.0.1",
        port,
        path: "/v2/",
        ca,
        agent: false,
        ...(servername === "127.0.0.1" ? {} : { servername }),
      },
      (response) => {
        const { serialNumber } = (response.socket as TLSSocket).getPeerCertificate();
        response
          .resume()
          .on("end", () => resolve({ status: response.statusCode ?? 0, serial: serialNumber }));
      },
    )
      .on("error", reject)
      .end();
  });
}
const serialOf = (pair: Pair): string => new X509Certificate(pair.cert).serialNumber;

describe("a registry over TLS", () => {
  it("serves each new connection with what its files hold then", async () => {
    using scratch = new Scratch();
    const [cert, key] = [scratch.join("cert.pem"), scratch.join("key.pem")];
    const put = (pair: Partial<Pair>): void => {
      if (pair.cert !== undefined) writeFileSync(cert, pair.cert);
      if (pair.key !== undefined) writeFileSync(key, pair.key);
    };
    const [first, second] = [issue("localhost", "127.0.0.1"), issue("localhost")];
    put(first);
    const reports: string[] = [];
    const clock = { now: Date.now() };
    const tls = new TlsFiles({ cert, key, report: (line) => reports.push(line), now: () => clock.now });
    await using registry = await TestRegistry.open({ tls });
    const serial = async (): Promise<string> => {
      clock.now += 1_001;
      return (await ask(registry.port, authority.cert, "localhost")).serial;
    };
    assert.equal((await ask(registry.port, authority.cert, "127.0.0.1")).status, 200);
    assert.equal(await serial(), serialOf(first));
    put({ cert: second.cert });
    assert.equal(await serial(), serialOf(first));
    assert.match(
      reports.join(),
      /key\.pem: the key is not that of the certificate .*what was there before stays in force$/,
    );
    put({ key: second.key });
    assert.equal(await serial(), serialOf(second));
    writeFileSync(cert, "no certificate");
    assert.equal(await serial(), serialOf(second));
    assert.equal(reports.length, 2);
  });

  it("is not trusted under another name", async () => {
    await using registry = await TestRegistry.open({ tls: { current: issue("registry.example") } });
    await assert.rejects(
      ask(registry.port, authority.cert, "localhost"),
      /ERR_TLS_CERT_ALTNAME_INVALID|altnames/,
    );
  });

  it("closes a connection whose handshake never ends", async () => {
    await using registry = await TestRegistry.open({
      tls: { current: issue("localhost") },
      limits: { headersTimeoutMs: 200 },
    });
    const socket = connect(registry.port, "127.0.0.1");
    socket.on("error", () => undefined);
    await once(socket.resume(), "close");
  });

  const pair = issue("localhost");
  for (const [title, files, file, why] of [
    ["a certificate that is not there", { key: pair.key }, "cert", /^no such file$/],
    ["a key that is not there", { cert: pair.cert }, "key", /^no such file$/],
    ["a certificate that is none", { cert: "x", key: pair.key }, "cert", /^expected a certificate in PEM$/],
    ["a key that is none", { cert: pair.cert, key: "x" }, "key", /^expected a private key in PEM$/],
    [
      "a key with a pass phrase",
      { cert: pair.cert, key: "-----BEGIN ENCRYPTED PRIVATE KEY-----\n" },
      "key",
      /pass phrase$/,
    ],
    ["another's key", { cert: pair.cert, key: issue("localhost").key }, "key", /^the key is not that of/],
  ] as const)
    it(`refuses ${title}`, () => {
      using scratch = new Scratch();
      const paths = { cert: scratch.join("cert"), key: scratch.join("key") };
      for (const [name, text] of Object.entries(files)) writeFileSync(scratch.join(name), text);
      assert.throws(
        () => new TlsFiles({ ...paths, report: () => undefined }),
        (error) =>
          isCode(error, "REGISTRY_TLS_INVALID") &&
          error.detail.file === paths[file] &&
          why.test(error.detail.why),
      );
    });

  it("says that its certificate has expired, and serves it", () => {
    using scratch = new Scratch();
    const both = scratch.join("both.pem");
    writeFileSync(
      both,
      Object.values(issueCertificate(authority, ["localhost"], { from: new Date(0), to: new Date(1) })).join(
        "",
      ),
    );
    const reports: string[] = [];
    new TlsFiles({ cert: both, key: both, report: (line) => reports.push(line) });
    assert.match(reports.join(), /both\.pem: the certificate has expired on Jan {2}1 /);
  });
});

describe("a registry's own authority", () => {
  const names = ["localhost", "127.0.0.1", "fd00::1"];
  const certificate = (file: string) => new X509Certificate(readFileSync(file));

  it("is made once, with a certificate for all names", async () => {
    using scratch = new Scratch();
    const first = await prepareOwnCertificate(scratch.join("tls"), names);
    const [ca, server] = [certificate(first.authority), certificate(first.server)];
    assert.ok(ca.ca && ca.verify(ca.publicKey) && server.checkIssued(ca) && server.verify(ca.publicKey));
    assert.deepEqual(
      [server.checkHost("localhost"), server.checkIP("fd00::1"), server.checkHost("other")],
      ["localhost", "fd00::1", undefined],
    );
    await prepareOwnCertificate(scratch.join("tls"), names);
    assert.equal(certificate(first.server).serialNumber, server.serialNumber);
  });

  for (const [title, more, days] of [
    ["another name", ["registry.example"], 0],
    ["a wildcard", ["*.example.com"], 0],
    ["its end is near", [], 310],
  ] as const)
    it(`issues another certificate for ${title}, and stays itself`, async () => {
      using scratch = new Scratch();
      const { authority: file, server } = await prepareOwnCertificate(scratch.path, names);
      const [ca, before] = [readFileSync(file, "utf8"), certificate(server).serialNumber];
      const now = new Date(Date.now() + days * DAY_MS);
      await prepareOwnCertificate(scratch.path, [...names, ...more], now);
      assert.equal(readFileSync(file, "utf8"), ca);
      const after = certificate(server).serialNumber;
      assert.notEqual(after, before);
      await prepareOwnCertificate(scratch.path, [...names, ...more], now);
      assert.equal(certificate(server).serialNumber, after);
    });

  it("is not made anew when its key is lost", async () => {
    using scratch = new Scratch();
    writeFileSync(scratch.join("ca.crt"), authority.cert);
    await assert.rejects(prepareOwnCertificate(scratch.path, names), (error) => {
      assert.match(describeError(error), /ca\.key: no such file$/);
      return isCode(error, "REGISTRY_TLS_INVALID");
    });
  });
});
