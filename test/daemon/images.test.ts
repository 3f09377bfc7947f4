import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { after, before, describe, it } from "mocha";
import { DaemonRig, requiresDocker } from "./support/daemon-rig.ts";
import { PASSWORD, serveRegistry, USER } from "./support/registry.ts";

describe("docker's client: images", () => {
  let daemon: DaemonRig;
  let registry: string;
  const stop = new AbortController();
  before(async function () {
    requiresDocker(this);
    daemon = await DaemonRig.open(this);
    registry = await serveRegistry(daemon, stop.signal);
  });
  after(async () => {
    stop.abort();
    await daemon?.[Symbol.asyncDispose]();
  });

  it("gives, lists and takes names", async () => {
    await daemon.ok(["tag", "busybox", "box:1"]);
    const format = ["--format", "{{.Repository}}:{{.Tag}}"];
    assert.equal(await daemon.ok(["images", "-f", "reference=box", ...format]), "box:1");
    assert.equal(await daemon.ok(["rmi", "box:1"]), "Untagged: box:1");
    assert.equal(await daemon.ok(["images", ...format]), "busybox:latest");
    const unknown = await daemon.docker(["rmi", "box:1"]);
    assert.deepEqual([unknown.code, unknown.err], [1, "Error response from daemon: No such image: box:1\n"]);
  });

  it("tells what an image is and how it came to be", async () => {
    const told = await daemon.ok(["image", "inspect", "-f", "{{.Os}} {{json .Config.Cmd}}", "busybox"]);
    assert.equal(told, 'linux ["sh"]');
    assert.match(await daemon.ok(["history", "--format", "{{.Size}} {{.Comment}}", "busybox"]), /^[\d.]+MB /);
    const { text } = await daemon.request("GET", "/images/busybox/json?manifests=1");
    const { Manifests } = JSON.parse(text) as { readonly Manifests: readonly { readonly Kind: string }[] };
    assert.deepEqual(
      Manifests.map(({ Kind }) => Kind),
      ["image"],
    );
  });

  it("saves several images and loads them again", async () => {
    await daemon.ok(["tag", "busybox", "box:2"]);
    const id = await daemon.ok(["images", "-q", "--no-trunc", "busybox"]);
    await daemon.ok(["save", "-o", "two.tar", "busybox", "box:2"]);
    await daemon.ok(["rmi", "busybox", "box:2"]);
    const loaded = await daemon.ok(["load", "-i", "two.tar"]);
    assert.deepEqual(loaded.split("\n").sort(), ["Loaded image: box:2", "Loaded image: busybox:latest"]);
    assert.equal(await daemon.ok(["images", "-q", "--no-trunc", "busybox"]), id);
    await daemon.ok(["rmi", "box:2"]);
  });

  it("imports a root filesystem and commits a container", async () => {
    await daemon.ok(["run", "--name", "maker", "--network", "none", "busybox", "touch", "/made"]);
    const change = ["-c", 'CMD ["ls","/made"]', "-c", "ENV A=1"];
    await daemon.ok(["commit", "-m", "made it", "-a", "ann", ...change, "maker", "made:1"]);
    assert.equal(await daemon.ok(["run", "--rm", "--network", "none", "made:1"]), "/made");
    assert.equal(await daemon.ok(["inspect", "-f", "{{.Author}} {{.Comment}}", "made:1"]), "ann made it");
    await daemon.ok(["export", "-o", "root.tar", "maker"]);
    assert.match(await daemon.ok(["import", "-m", "again", "root.tar", "again:1"]), /^sha256:/);
    assert.equal(await daemon.ok(["inspect", "-f", "{{.Comment}}", "again:1"]), "again");
    await daemon.ok(["rm", "maker"]);
    assert.match(await daemon.ok(["image", "prune", "-af", "--filter", "until=1h"]), /reclaimed space: 0B$/);
    const pruned = await daemon.ok(["image", "prune", "-af"]);
    assert.match(pruned, /untagged: made:1\n/);
    await daemon.ok(["import", "-c", 'CMD ["sh"]', "root.tar", "busybox:latest"]);
  });

  it("pushes and pulls as the user who logged in, and nobody else", async () => {
    const name = `${registry}/team/box:1`;
    await daemon.ok(["tag", "busybox", name]);
    assert.equal((await daemon.docker(["push", name])).code, 1);
    const login = await daemon.docker(["login", "-u", USER, "--password-stdin", registry], {
      stdin: "wrong",
    });
    assert.equal(login.code, 1);
    await daemon.ok(["login", "-u", USER, "--password-stdin", registry], { stdin: PASSWORD });
    const pushed = await daemon.ok(["push", name]);
    assert.match(pushed, /: Pushed\n1: digest: sha256:[0-9a-f]{64} size: \d+$/);
    await daemon.ok(["rmi", name]);
    const pulled = await daemon.ok(["pull", name]);
    assert.match(pulled, new RegExp(`\nStatus: Downloaded newer image for ${name}\n${name}$`));
    assert.match(await daemon.ok(["pull", name]), /Status: Image is up to date for/);
    assert.match(await daemon.ok(["manifest", "inspect", "--insecure", name]), /"schemaVersion": 2/);
    await daemon.ok(["logout", registry]);
    await daemon.ok(["rmi", name]);
    const denied = await daemon.docker(["pull", name]);
    assert.equal(denied.code, 1);
    assert.match(
      denied.err,
      /pull access denied for .*repository does not exist or may require 'docker login'/,
    );
  });

  it("describes what a registry has", async () => {
    const auth = Buffer.from(JSON.stringify({ username: USER, password: PASSWORD })).toString("base64url");
    const path = `/distribution/${registry}/team/box:1/json`;
    const answer = await daemon.request("GET", path, { headers: { "x-registry-auth": auth } });
    const { Descriptor, Platforms } = JSON.parse(answer.text) as {
      readonly Descriptor: { readonly mediaType: string };
      readonly Platforms: readonly { readonly os: string }[];
    };
    assert.match(Descriptor.mediaType, /manifest/);
    assert.deepEqual(
      Platforms.map(({ os }) => os),
      ["linux"],
    );
  });

  it("fails as the engine does", async () => {
    for (const [argv, message] of [
      [["push", "nope"], "An image does not exist locally with the tag: nope"],
      [["image", "ls", "-f", "foo=bar"], "invalid filter 'foo'"],
      [["tag", "busybox", "Up:1"], "invalid reference format"],
      [["pull", "-q", `${registry}/a b`], "invalid reference format"],
    ] as const) {
      const { code, err } = await daemon.docker(argv);
      assert.equal(code, 1);
      assert.ok(err.includes(message), err);
    }
    writeFileSync(daemon.slipway.scratch.join("junk.tar"), "no archive");
    assert.equal((await daemon.docker(["load", "-i", "junk.tar"])).code, 1);
  });
});
