import assert from "node:assert/strict";
import { chmodSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { describe, it } from "mocha";
import { DockerCredentials } from "../../../registry/client/credentials/docker-credentials.ts";
import { Scratch } from "../../support/scratch.ts";

const base64 = (text: string): string => Buffer.from(text).toString("base64");

interface Home extends Disposable {
  readonly path: string;
  readonly credentials: DockerCredentials;
  read(): unknown;
  join(name: string): string;
}

/** A configuration folder with this config.json, and a credential helper "test" that keeps one file per server. */
function home(config?: object): Home {
  const scratch = new Scratch();
  const folder = scratch.join("docker");
  mkdirSync(folder);
  const path = `${folder}/config.json`;
  if (config !== undefined) writeFileSync(path, JSON.stringify(config));
  const helper = scratch.join("docker-credential-test");
  writeFileSync(
    helper,
    `#!/bin/sh
kept="${scratch.path}/kept"
case "$1" in
  store) cat > "$kept" ;;
  erase) cat > /dev/null; rm -f "$kept" ;;
  get) cat > /dev/null
    [ -f "$kept" ] || { echo "credentials not found in native keychain"; exit 1; }
    cat "$kept" ;;
esac
`,
  );
  chmodSync(helper, 0o755);
  const env = { DOCKER_CONFIG: folder, PATH: `${scratch.path}:${process.env["PATH"] ?? ""}` };
  return {
    path,
    credentials: new DockerCredentials(env),
    read: () => JSON.parse(readFileSync(path, "utf8")),
    join: (name) => scratch.join(name),
    [Symbol.dispose]: () => scratch[Symbol.dispose](),
  };
}

describe("docker's config.json", () => {
  it("is read by host, by the URL older clients wrote, and for Docker Hub", async () => {
    using at = home({
      auths: {
        "a.example:5000": { auth: base64("joe:se:cret") },
        "https://b.example/v1/": { username: "ann", password: "pw" },
        "https://index.docker.io/v1/": { auth: base64("hub:"), identitytoken: "again" },
        "c.example": {},
      },
    });
    assert.deepEqual(await at.credentials.get("a.example:5000"), { username: "joe", password: "se:cret" });
    assert.deepEqual(await at.credentials.get("b.example"), { username: "ann", password: "pw" });
    assert.deepEqual(await at.credentials.get("docker.io"), { identityToken: "again" });
    assert.equal(await at.credentials.get("c.example"), undefined);
    assert.equal(await at.credentials.get("d.example"), undefined);
  });

  it("is written for its owner alone, with everything else kept", async () => {
    using at = home();
    assert.equal(await at.credentials.put("a.example", { username: "joe", password: "secret" }), false);
    assert.equal(statSync(at.path).mode & 0o777, 0o600);
    const others = { psFormat: "x", auths: { "b.example": { auth: "eA==" } } };
    writeFileSync(at.path, JSON.stringify(others));
    await at.credentials.put("a.example", { username: "joe", password: "secret" });
    assert.deepEqual(at.read(), {
      psFormat: "x",
      auths: { "b.example": { auth: "eA==" }, "a.example": { auth: base64("joe:secret") } },
    });
    assert.equal(await at.credentials.remove("a.example"), true);
    assert.equal(await at.credentials.remove("a.example"), false);
    assert.deepEqual(at.read(), others);
  });

  it("is replaced where a link leads, not the link", async () => {
    using at = home();
    const real = at.join("real.json");
    writeFileSync(real, "{}");
    symlinkSync(real, at.path);
    await at.credentials.put("a.example", { username: "joe", password: "secret" });
    assert.match(readFileSync(real, "utf8"), /a\.example/);
  });

  it("keeps a refresh token in place of the password", async () => {
    using at = home();
    await at.credentials.put("a.example", { username: "joe", password: "secret", identityToken: "again" });
    assert.deepEqual(at.read(), { auths: { "a.example": { auth: base64("joe:"), identitytoken: "again" } } });
    assert.deepEqual(await at.credentials.get("a.example"), { identityToken: "again" });
  });

  it("is not quoted when it is damaged", async () => {
    using at = home();
    writeFileSync(at.path, '{"auths": {"a": {"auth": "c2VjcmV0"');
    await assert.rejects(at.credentials.get("a.example"), {
      code: "DOCKER_CONFIG_INVALID",
      message: `${at.path}: expected a JSON object`,
    });
  });
});

describe("credential helpers", () => {
  for (const [title, config] of [
    ["credsStore", { credsStore: "test" }],
    ["credHelpers", { credHelpers: { "a.example": "test" }, credsStore: "absent" }],
  ] as const) {
    it(`keep what ${title} gives them`, async () => {
      using at = home(config);
      assert.equal(await at.credentials.get("a.example"), undefined);
      assert.equal(await at.credentials.put("a.example", { username: "joe", password: "secret" }), true);
      assert.deepEqual(at.read(), { ...config, auths: { "a.example": {} } });
      assert.deepEqual(await at.credentials.get("a.example"), { username: "joe", password: "secret" });
      assert.equal(await at.credentials.remove("a.example"), true);
      assert.equal(await at.credentials.get("a.example"), undefined);
    });
  }

  it("that are missing are named", async () => {
    using at = home({ credsStore: "nowhere" });
    await assert.rejects(at.credentials.get("a.example"), {
      code: "CREDENTIAL_HELPER_FAILED",
      message: "error getting credentials - docker-credential-nowhere: executable file not found in $PATH",
    });
  });

  it("are programs, not paths", async () => {
    using at = home({ credsStore: "../../bin/sh" });
    await assert.rejects(at.credentials.get("a.example"), { code: "CREDENTIAL_HELPER_FAILED" });
  });
});
