import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { requiresHostDisk, tryDevices } from "../support/devices.ts";
import { Slipway } from "./support/slipway.ts";

const REFUSED = "head: /disk: Operation not permitted";

describe("e2e: devices", () => {
  let slipway: Slipway;
  let disk: string;
  before(async function () {
    disk = requiresHostDisk(this);
    slipway = await Slipway.open(this);
  });
  after(() => slipway?.[Symbol.asyncDispose]());

  function build(name: string, dockerfile: string, files: Readonly<Record<string, Buffer>> = {}) {
    const context = slipway.scratch.join(name);
    mkdirSync(context);
    writeFileSync(`${context}/Dockerfile`, `FROM busybox\n${dockerfile}`);
    for (const [file, content] of Object.entries(files)) writeFileSync(`${context}/${file}`, content);
    return slipway.run(["build", "--progress=plain", "-t", name, context]);
  }

  it("keeps a build step from the disk whose node it makes", async () => {
    const { code, err } = await build("making", `RUN <<EOF\n${tryDevices(disk)}\nEOF\n`);
    assert.equal(code, 1);
    assert.ok(err.includes(REFUSED), err);
    assert.doesNotMatch(err, /warning/);
  });

  it("keeps build steps and containers from the nodes that layers bring", async () => {
    const made = await build("bringing", `RUN mknod /disk b ${disk}\nRUN ! head -c1 /disk\n`);
    assert.equal(made.code, 0, made.err);
    assert.ok(made.err.includes(REFUSED), made.err);
    const { code, err } = await slipway.run(["run", "--rm", "bringing", "head", "-c1", "/disk"]);
    assert.deepEqual([code, err], [1, `${REFUSED}\n`]);
  });

  it("keeps build steps from the nodes that archives bring", async () => {
    const { code, err } = await build("adding", "ADD nodes.tar /\nRUN head -c1 /disk\n", {
      "nodes.tar": archiveOfDisk(disk),
    });
    assert.equal(code, 1);
    assert.ok(err.includes(REFUSED), err);
  });

  it("keeps containers from the disk whose node they make", async () => {
    const { code, err } = await slipway.run(["run", "--rm", "busybox", "sh", "-c", tryDevices(disk)]);
    assert.deepEqual([code, err], [1, `${REFUSED}\n`]);
  });

  it("gives privileged containers every device", async () => {
    const script = `mknod /disk b ${disk}; head -c1 /disk >/dev/null`;
    const { err } = await slipway.run(["run", "--rm", "--privileged", "busybox", "sh", "-c", script]);
    assert.equal(err, "");
  });
});

/** An archive with one entry: the block device "disk". */
function archiveOfDisk(numbers: string): Buffer {
  const [major = "", minor = ""] = numbers.split(" ");
  const octal = (number: number, width: number) => number.toString(8).padStart(width - 1, "0");
  const header = Buffer.alloc(512);
  const fields: readonly (readonly [offset: number, text: string])[] = [
    [0, "disk"],
    [100, octal(0o666, 8)],
    [108, octal(0, 8)],
    [116, octal(0, 8)],
    [124, octal(0, 12)],
    [136, octal(0, 12)],
    [148, "        "],
    [156, "4"],
    [257, "ustar\x0000"],
    [329, octal(Number(major), 8)],
    [337, octal(Number(minor), 8)],
  ];
  for (const [offset, text] of fields) header.write(text, offset, "latin1");
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${octal(sum, 7)}\0 `, 148, "latin1");
  return Buffer.concat([header, Buffer.alloc(1024)]);
}
