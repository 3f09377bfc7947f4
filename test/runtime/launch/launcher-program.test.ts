import assert from "node:assert/strict";
import { closeSync, openSync } from "node:fs";
import { Socket } from "node:net";
import { before, describe, it } from "mocha";
import { loadKernel } from "../../../native/binding.ts";
import { launcherPath } from "../../../native/launcher.ts";
import { compileJoin } from "../../../runtime/launch/compile.ts";
import { encodeProgram } from "../../../runtime/launch/encode.ts";
import { encodeFrame, FrameReader } from "../../../runtime/launch/frames.ts";
import { decodeFromLauncher, type FromLauncher } from "../../../runtime/launch/protocol.ts";
import { requiresNativeCore } from "../../support/requires.ts";
import { processOf } from "./support.ts";

/** What a launcher answers to these bytes, with or without an end after them, before it hangs up. */
async function answer(bytes: Uint8Array, end = true): Promise<readonly FromLauncher[]> {
  const kernel = loadKernel();
  const [ours, theirs] = kernel.socketPair();
  const fd = openSync("/dev/null", "r+");
  const { pidfd } = kernel.spawn(launcherPath(), ["launcher"], [fd, fd, fd, theirs]);
  closeSync(theirs);
  closeSync(fd);
  const socket = new Socket({ fd: ours, readable: true, writable: true, allowHalfOpen: true });
  socket.on("error", () => undefined);
  if (end) socket.end(bytes);
  else socket.write(bytes);
  const messages: FromLauncher[] = [];
  const reader = new FrameReader(1024);
  for await (const chunk of socket) messages.push(...reader.push(chunk as Buffer).map(decodeFromLauncher));
  await kernel.waitPidfd(pidfd);
  closeSync(pidfd);
  return messages;
}

const valid = encodeProgram(
  { namespaces: 0, joinFiles: [], ops: compileJoin(1, processOf(["true"]), {}).ops },
  { cgroupFiles: [], cgroupDirs: [] },
);
const REFUSED = [{ type: "failed", index: 0xffff_ffff, errno: 22, stage: "program" }];

describe("a launcher", () => {
  before(function () {
    requiresNativeCore(this);
  });

  it("refuses a program that ends early, wherever it does", async () => {
    for (let size = 0; size < valid.byteLength; size += 41)
      assert.deepEqual(await answer(encodeFrame(1, valid.subarray(0, size))), REFUSED, `${size} bytes`);
  });

  it("refuses a program with something after its end", async () =>
    assert.deepEqual(await answer(encodeFrame(1, Buffer.concat([valid, Buffer.of(0)]))), REFUSED));

  it("refuses a program whose counts lie", async () => {
    const forged = Buffer.from(valid);
    // The count of namespace files, after magic, flags, pid and flags.
    forged.writeUInt32LE(0xffff_ffff, 24);
    assert.deepEqual(await answer(encodeFrame(1, forged)), REFUSED);
  });

  it("refuses what is no program, or too large to be one", async () => {
    assert.deepEqual(await answer(encodeFrame(2)), REFUSED);
    assert.deepEqual(await answer(Buffer.from([1, 0xff, 0xff, 0xff, 0xff])), REFUSED);
  });

  it("ends when nothing is said to it", async () => assert.deepEqual(await answer(Buffer.alloc(0)), REFUSED));

  it("names an operation it does not know by its place", async () => {
    const ops = Buffer.concat([Buffer.of(1, 0, 0, 0), Buffer.of(250, 0, 0, 0, 0)]);
    const empty = encodeProgram(
      { namespaces: 0, joinFiles: [], ops: [] },
      { cgroupFiles: [], cgroupDirs: [] },
    );
    const messages = await answer(encodeFrame(1, Buffer.concat([empty.subarray(0, -4), ops])), false);
    assert.deepEqual(
      messages.find(({ type }) => type !== "cloned"),
      { type: "failed", index: 0, errno: 22, stage: "none" },
    );
  });
});
