import assert from "node:assert/strict";
import { createReadStream } from "node:fs";
import { PassThrough } from "node:stream";
import { after, before, describe, it } from "mocha";
import { connectEngine } from "../../client/connect.ts";
import type { Engine } from "../../engine/api.ts";
import { requiresBaseImage, requiresPeer } from "../support/requires.ts";

const IMAGE = "slipway-client-test:1";
const noBuilds = () => Promise.reject(new Error("nothing is built"));
const NOBODY = { path: "", get: async () => undefined, put: async () => false, remove: async () => false };

describe("the client of Docker Engine", () => {
  let engine: Engine;
  before(async function () {
    requiresPeer(this);
    const { tar } = requiresBaseImage(this, "busybox:latest");
    engine = await connectEngine({
      host: process.env["DOCKER_HOST"] ?? "",
      credentials: NOBODY,
      buildTools: noBuilds,
    });
    await engine.images.import(createReadStream(tar), { reference: IMAGE });
  });
  after(async () => {
    await engine?.images.remove(IMAGE, { force: true });
    await engine?.[Symbol.asyncDispose]();
  });

  const hostConfig = { NetworkMode: "none" };
  const create = async (Cmd: readonly string[], config: object = {}) =>
    (await engine.containers.create({ config: { Image: IMAGE, Cmd, ...config }, hostConfig })).id;

  it("runs a container with input, output and an exit code", async () => {
    const id = await create(["sh", "-c", "cat; echo err >&2; exit 7"], { OpenStdin: true, StdinOnce: true });
    const { containers } = engine;
    await using attachment = await containers.attach(id, { stdin: true });
    const ended = containers.wait(id, "next-exit");
    await containers.start(id);
    await attachment.write(Buffer.from("typed\n"));
    await attachment.closeInput();
    const texts = { stdout: "", stderr: "" };
    for await (const { stream, data } of attachment.output) texts[stream] += Buffer.from(data).toString();
    assert.deepEqual([texts, (await ended).exitCode], [{ stdout: "typed\n", stderr: "err\n" }, 7]);
    const logged: string[] = [];
    for await (const { line } of containers.logs(id, { stdout: true, stderr: false, follow: false }))
      logged.push(Buffer.from(line).toString());
    assert.deepEqual(logged, ["typed\n"]);
    assert.equal((await containers.get(id)).state.status, "exited");
    await containers.remove(id, { force: true });
  });

  it("runs another process in it and copies files", async () => {
    const id = await create(["sleep", "600"]);
    const { containers } = engine;
    await containers.start(id);
    const session = await containers.exec(id, { Cmd: ["sh", "-c", "echo in > /file; exit 3"] });
    for await (const _ of session.output);
    assert.equal(await session.wait(), 3);
    assert.equal((await containers.statPath(id, "/file")).size, 3);
    const { tar } = await containers.readArchive(id, "/file");
    const copied = new PassThrough();
    for await (const chunk of tar) copied.write(chunk);
    await containers.writeArchive(id, "/tmp", copied.end());
    assert.deepEqual((await containers.changes(id)).map(({ kind, path }) => `${kind} ${path}`).sort(), [
      "added /file",
      "added /tmp/file",
      "modified /tmp",
    ]);
    await containers.remove(id, { force: true });
  });

  it("lists, names and saves images", async () => {
    const [image] = await engine.images.list({ reference: IMAGE });
    assert.deepEqual(image?.tags, [IMAGE]);
    const saved = new PassThrough();
    for await (const chunk of engine.images.save([IMAGE])) saved.write(chunk);
    assert.deepEqual(await engine.images.load(saved.end()), [{ reference: IMAGE, id: image?.id }]);
  });
});
