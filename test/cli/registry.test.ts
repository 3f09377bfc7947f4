import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { describe, it } from "mocha";
import { Scratch } from "../support/scratch.ts";
import { runCli } from "./support/run-cli.ts";

const digest = `sha256:${"a".repeat(64)}`;

describe("registry commands", () => {
  for (const [addr, host, port] of [
    [":5000", undefined, 5000],
    ["127.0.0.1:80", "127.0.0.1", 80],
    ["[::1]:0", "::1", 0],
    ["registry.local:443", "registry.local", 443],
  ] as const)
    it(`serve listens on ${addr}`, async () => {
      const answers = { "registry.serve": undefined };
      const { code, calls } = await runCli(["registry", "serve", "--addr", addr], { answers });
      assert.equal(code, 0);
      const [, options] = calls[0] ?? [];
      const given = options as { readonly host?: string; readonly port: number; readonly anonymous: boolean };
      assert.deepEqual([given.host, given.port, given.anonymous], [host, port, false]);
    });

  for (const addr of ["5000", "a:b", ":70000", "::1:5000", "host:"])
    it(`serve refuses ${JSON.stringify(addr)} as an address`, async () => {
      const { code, err, calls } = await runCli(["registry", "serve", "--addr", addr]);
      assert.deepEqual([code, calls.length], [1, 0]);
      assert.match(err, /for --addr: expected host:port or :port/);
    });

  for (const [flags, tls] of [
    [["--tls"], { names: [] }],
    [["--tls", "--tls-name", "a.example", "--tls-name", "10.0.0.1"], { names: ["a.example", "10.0.0.1"] }],
    [["--tls-cert", "c.pem", "--tls-key", "/k.pem"], { cert: "/certs/c.pem", key: "/k.pem" }],
    [[], undefined],
  ] as const)
    it(`serve takes its certificate as ${flags.join(" ") || "nothing"} says`, async () => {
      const answers = { "registry.serve": undefined };
      const { calls } = await runCli(["registry", "serve", ...flags], { answers, cwd: "/certs" });
      const { tls: given } = (calls[0]?.[1] ?? {}) as { readonly tls?: unknown };
      assert.deepEqual(given, tls);
    });

  for (const [flags, want] of [
    [["--tls", "--tls-cert", "c", "--tls-key", "k"], "either --tls or --tls-cert and --tls-key"],
    [["--tls-cert", "c"], "--tls-key beside it"],
    [["--tls-key", "k"], "--tls-cert beside it"],
    [["--tls-name", "a"], "--tls beside it"],
  ] as const)
    it(`serve refuses ${flags.join(" ")}`, async () => {
      const { code, err } = await runCli(["registry", "serve", ...flags]);
      assert.equal(code, 1);
      assert.match(err, new RegExp(`expected ${want}`));
    });

  it("serve takes who reaches it as flags say", async () => {
    const flags = ["--anonymous-pull", "a/*", "--plain-http", "--external-url", "https://r.example"];
    const { calls } = await runCli(["registry", "serve", ...flags], {
      answers: { "registry.serve": undefined },
    });
    const { anonymousPull, plainHttp, externalUrl } = (calls[0]?.[1] ?? {}) as Readonly<
      Record<string, unknown>
    >;
    assert.deepEqual([anonymousPull, plainHttp, externalUrl], [["a/*"], true, "https://r.example"]);
  });

  for (const [flags, want] of [
    [["--registry-tls"], '"true" for --registry-tls: expected --registry beside it'],
    [["--registry-anonymous-pull", "a"], '"a" for --registry-anonymous-pull: expected --registry beside it'],
    [["--registry", "5000"], '"5000" for --registry: expected host:port or :port'],
    [["--registry", ":5000", "--registry-tls-cert", "c"], "expected --registry-tls-key beside it"],
    [["--registry", ":5000", "--registry-tls-name", "a"], "expected --registry-tls beside it"],
    [["--registry", ":5000", "--registry-external-url", "r"], '"r" for --registry-external-url: expected'],
  ] as const)
    it(`a daemon's configuration is checked: ${flags.join(" ")}`, async () => {
      const argv = ["daemon", "--validate", "--config-file", "/dev/null", ...flags];
      const { code, err } = await runCli(argv);
      assert.equal(code, 1);
      assert.ok(err.includes(want), err);
    });

  it("a daemon takes all of it from its configuration file too", async () => {
    using scratch = new Scratch();
    const settings = {
      registry: ":5000",
      "registry-tls": true,
      "registry-tls-name": ["r.example"],
      "registry-anonymous-pull": ["public/**"],
      "registry-plain-http": false,
    };
    writeFileSync(scratch.join("daemon.json"), JSON.stringify(settings));
    const argv = ["daemon", "--validate", "--config-file", scratch.join("daemon.json")];
    assert.deepEqual((await runCli(argv)).err, "configuration OK\n");
    const twice = await runCli([...argv, "--registry-tls"]);
    assert.match(twice.err, /both as a flag and in the configuration file: registry-tls: /);
  });

  it("gc says what it would remove, and why", async () => {
    const pruned = [{ repository: "a/b", kind: "blob", digest, size: 1500, why: "nobody names it" }];
    const answers = { "registry.collect": { pruned, uploads: ["u-1"], blobs: 0, bytes: 0 } };
    const { out, calls } = await runCli(["registry", "gc", "--dry-run", "--data", "/srv/r"], { answers });
    assert.equal(
      out,
      `would remove blob ${digest} (1.5kB) from a/b: nobody names it\nwould remove upload u-1: nobody goes on with it\n`,
    );
    const { dryRun, directory, untagged } = (calls[0]?.[1] ?? {}) as Readonly<Record<string, unknown>>;
    assert.deepEqual([dryRun, directory, untagged], [true, "/srv/r", false]);
  });

  it("gc reads the rules of retention itself, as the registry may be on another machine", async () => {
    using scratch = new Scratch();
    writeFileSync(scratch.join("rules.json"), '{"rules":[]}');
    const answers = { "registry.collect": { pruned: [], uploads: [], blobs: 0, bytes: 0 } };
    const run = (name: string) =>
      runCli(["registry", "gc", "--retention", name], { answers, cwd: scratch.path });
    const { retention } = ((await run("rules.json")).calls[0]?.[1] ?? {}) as { readonly retention?: object };
    assert.deepEqual(retention, { file: scratch.join("rules.json"), text: '{"rules":[]}' });
    const { code, err, calls } = await run("nosuch");
    assert.deepEqual([code, err, calls], [1, `Error: ${scratch.join("nosuch")}: no such file\n`, []]);
  });

  it("scrub ends with 1 when something is wrong", async () => {
    const report = {
      manifests: 2,
      blobs: 3,
      bytes: 10,
      problems: [`a: blob ${digest}: its bytes are missing`],
    };
    const { code, out } = await runCli(["registry", "scrub"], { answers: { "registry.scrub": report } });
    assert.equal(code, 1);
    assert.equal(
      out,
      `a: blob ${digest}: its bytes are missing\nVerified 2 manifests and 3 blobs (10B): 1 problem\n`,
    );
  });
});
