import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import ssh2, { type ParsedKey } from "ssh2";
import { readSsh } from "../../../cli/build-options/ssh.ts";
import type { SshSource } from "../../../engine/api.ts";
import { Scratch } from "../../support/scratch.ts";

/** What a program sees that speaks to an agent. */
async function client(ssh: SshSource | undefined, id = "default") {
  const agent = await ssh?.connect(id);
  assert.ok(agent !== undefined);
  const protocol = new ssh2.AgentProtocol(true);
  agent.pipe(protocol).pipe(agent);
  return {
    identities: () =>
      new Promise<readonly ParsedKey[]>((resolve, reject) =>
        protocol.getIdentities((error, keys) => (error ? reject(error) : resolve(keys ?? []))),
      ),
    sign: (key: ParsedKey, data: Buffer) =>
      new Promise<Buffer>((resolve, reject) =>
        protocol.sign(key, data, {}, (error, signature) =>
          signature === undefined ? reject(error ?? new Error("nothing")) : resolve(signature),
        ),
      ),
    [Symbol.dispose]: () => agent.destroy(),
  };
}

const parses = (key: string): boolean => !(ssh2.utils.parseKey(key) instanceof Error);

/** A pair of keys. ssh2 makes about one in 300 that its own parser calls malformed: such a pair is thrown away. */
function readablePair(comment?: string): { readonly private: string; readonly public: string } {
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync("ed25519", comment === undefined ? {} : { comment });
    if (parses(pair.private) && parses(pair.public)) return pair;
  }
}

describe("build --ssh", () => {
  const scratch = new Scratch();
  const keys = readablePair("mine");
  const other = readablePair();
  const surroundings = { cwd: scratch.path, env: {} };

  before(() => {
    writeFileSync(scratch.join("key"), keys.private);
    writeFileSync(scratch.join("key.pub"), keys.public);
  });
  after(() => scratch[Symbol.dispose]());

  it("makes an agent of key files that lists and signs", async () => {
    const ssh = await readSsh(["default=key"], surroundings);
    assert.deepEqual([await ssh?.has("default"), await ssh?.has("other")], [true, false]);
    using connection = await client(ssh);
    const [key] = await connection.identities();
    assert.equal(key?.comment, "mine");
    const data = Buffer.from("to be signed");
    assert.equal(key?.verify(data, await connection.sign(key, data)), true);
    const foreign = ssh2.utils.parseKey(other.public) as ParsedKey;
    await assert.rejects(connection.sign(foreign, data));
  });

  it("hands on to the agent at a socket, which it asks for keys and signatures only", async () => {
    const path = scratch.join("agent.sock");
    const held = await readSsh(["default=key"], surroundings);
    const server = createServer((socket) => {
      void held?.connect("default").then((agent) => socket.pipe(agent).pipe(socket));
    });
    await new Promise<void>((resolve) => server.listen(path, resolve));
    try {
      const ssh = await readSsh(["work"], { ...surroundings, env: { SSH_AUTH_SOCK: path } });
      using connection = await client(ssh, "work");
      const [key] = await connection.identities();
      const data = Buffer.from("to be signed");
      assert.ok(key !== undefined);
      assert.equal(key.verify(data, await connection.sign(key, data)), true);
    } finally {
      server.close();
    }
  });

  const wrong: readonly [flag: string, message: RegExp][] = [
    ["default", /expected SSH_AUTH_SOCK to be set/],
    ["default=nowhere", /expected a socket or key files that are there/],
    ["default=key.pub", /expected .*key\.pub to be a private key without a passphrase/],
  ];
  for (const [flag, message] of wrong)
    it(`refuses ${flag}`, async () => assert.rejects(readSsh([flag], surroundings), message));
});
