import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, it } from "mocha";
import type { SecretSource, SshSource } from "../../../builder/ports.ts";
import { requiresBaseImage, requiresOverlay } from "../../support/requires.ts";
import { CountedRegistry, Machine, toRegistry } from "./support.ts";

const FILE = "f1le-form-of-a-secret";
const VARIABLE = "var1able-form-of-a-secret";
const SPOKEN = "what-an-4gent-says";

const secrets: SecretSource = {
  secret: async (id) => Buffer.from(id === "file" ? FILE : VARIABLE),
};

/** Each form in which a text could have been kept: as it is, and as base64 of it alone. */
const formsOf = (text: string): readonly Buffer[] =>
  [text, Buffer.from(text).toString("base64").replace(/.?=*$/, "")].map((form) => Buffer.from(form));

/** Which of the texts are in some bytes, or in what they inflate to. */
function foundIn(bytes: Buffer, texts: readonly string[]): readonly string[] {
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const all = isGzip ? [bytes, gunzipSync(bytes)] : [bytes];
  return texts.filter((text) => all.some((each) => formsOf(text).some((form) => each.includes(form))));
}

function filesOf(root: string): readonly string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

describe("secrets of a build", () => {
  it("are in no file of the state root and in no byte that is pushed", async function () {
    requiresOverlay(this);
    const busybox = requiresBaseImage(this, "busybox:latest");
    await using registry = await CountedRegistry.open();
    await using machine = await Machine.open();
    const { fixture } = machine;
    await fixture.useContainers(busybox);
    for (const { id, reference } of fixture.images.values()) fixture.store.images.tag(id, reference);
    const path = fixture.scratch.join("agent.sock");
    const server = createServer((socket) => socket.end(SPOKEN));
    await new Promise<void>((resolve) => server.listen(path, resolve));
    const ssh: SshSource = { has: async () => true, connect: async () => connect(path) };
    try {
      const name = `${registry.host}/app:1`;
      const control = "c0ntrol-that-is-kept";
      const built = await machine.build(
        [
          "FROM busybox:latest",
          "RUN --mount=type=secret,id=file sha256sum /run/secrets/file > /sum",
          'RUN --mount=type=secret,id=variable,env=TOKEN test -n "$TOKEN" && echo "$TOKEN" | wc -c > /length',
          'RUN --mount=type=ssh test -S "$SSH_AUTH_SOCK"',
          `RUN echo ${control} > /control`,
        ],
        { secrets, ssh, tags: [name], cacheTo: [toRegistry(`${registry.host}/cache:1`)] },
      );
      await machine.push(name, built);
      assert.deepEqual(built.warnings, []);

      const texts = [FILE, VARIABLE, SPOKEN, control];
      fixture.store.database.pragma("wal_checkpoint(TRUNCATE)");
      const files = filesOf(fixture.store.paths.root);
      const kept = files.flatMap((file) => foundIn(readFileSync(file), texts));
      assert.deepEqual(new Set(kept), new Set([control]), "in the state root");
      const sent = registry.sent.flatMap((bytes) => foundIn(bytes, texts));
      assert.deepEqual(new Set(sent), new Set([control]), "in what was pushed");
    } finally {
      server.close();
    }
  });
});
