import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { readRegistryAuth } from "../../../daemon/wire/registry-auth.ts";
import { readRegistryConfig } from "../../../daemon/wire/registry-config.ts";

const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
const auth = (header: string) => readRegistryAuth({ "x-registry-auth": header });

describe("credentials in headers", () => {
  const same: readonly [config: object, credentials: object][] = [
    [
      { username: "ann", password: "a:b" },
      { username: "ann", password: "a:b" },
    ],
    [
      { auth: Buffer.from("ann:a:b").toString("base64"), password: null },
      { username: "ann", password: "a:b" },
    ],
    [{ username: "ann", identitytoken: "t" }, { identityToken: "t" }],
    [{ registrytoken: "t" }, { registryToken: "t" }],
    [{ serveraddress: "host:5000" }, {}],
  ];
  for (const [config, credentials] of same) {
    it(`are read from ${JSON.stringify(config)}, for one registry and for several`, async () => {
      assert.deepEqual(auth(encoded(config)), credentials);
      const several = readRegistryConfig(encoded({ "https://host:5000/v2/": config }));
      assert.deepEqual(await several.get("host:5000"), credentials);
      assert.equal(await several.get("other"), undefined);
    });
  }

  it("are those of Docker Hub under its old name", async () => {
    const hub = readRegistryConfig(encoded({ "https://index.docker.io/v1/": { registrytoken: "t" } }));
    assert.deepEqual(await hub.get("docker.io"), { registryToken: "t" });
  });

  it("are none where the header is absent or empty", async () => {
    assert.deepEqual([readRegistryAuth({}), auth("")], [{}, {}]);
    for (const header of [undefined, ""])
      assert.equal(await readRegistryConfig(header).get("host"), undefined);
  });

  const wrong: readonly [value: string, why: RegExp][] = [
    ["!", /invalid X-Registry-\w+ header: must be a valid base64url-encoded JSON object/],
    [encoded("text"), /invalid X-Registry-\w+ header: .*expected \w+/],
  ];
  for (const [value, message] of wrong) {
    it(`are refused as ${JSON.stringify(value)}, naming the header`, () => {
      for (const read of [auth, readRegistryConfig])
        assert.throws(() => read(value), { code: "REQUEST_INVALID", message });
    });
  }
});
