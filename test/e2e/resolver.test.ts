import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { requiresCommand } from "../support/requires.ts";
import { FakeDns, OPT, query, question } from "./support/fake-dns.ts";
import { Slipway } from "./support/slipway.ts";

/** Sends messages to the resolver, one after the other, and prints what comes back within a while: hex, or nothing. */
const ASK = `
  const [transport, wait, ...messages] = process.argv.slice(1);
  const { createSocket } = require("dgram");
  const { connect } = require("net");
  const udp = (message) => new Promise((resolve) => {
    const socket = createSocket("udp4");
    const end = (answer) => { clearTimeout(timer); socket.close(); resolve(answer); };
    const timer = setTimeout(end, Number(wait), "");
    socket.on("message", (answer) => end(answer.toString("hex")));
    socket.send(message, 53, "127.0.0.11");
  });
  const tcp = (message) => new Promise((resolve) => {
    const socket = connect(53, "127.0.0.11");
    let text = "";
    socket.on("data", (data) => {
      text += data.toString("hex");
      if (text.length >= 4 && text.length >= 4 + 2 * parseInt(text.slice(0, 4), 16)) socket.destroy();
    });
    socket.on("error", () => undefined);
    socket.on("close", () => resolve(text.slice(4)));
    const size = Buffer.alloc(2); size.writeUInt16BE(message.length);
    for (const byte of Buffer.concat([size, message])) socket.write(Buffer.of(byte));
  });
  (async () => {
    for (const message of messages)
      console.log(await (transport === "udp" ? udp : tcp)(Buffer.from(message, "hex")));
  })();
`;

const code = (answer: string): number => Buffer.from(answer, "hex").readUInt8(3) & 15;
const count = (answer: string): number => Buffer.from(answer, "hex").readUInt16BE(6);
const isCut = (answer: string): boolean => (Buffer.from(answer, "hex").readUInt8(2) & 2) !== 0;
const GATEWAY = "10.164.0.1";
const FOUND = "c0000201";

describe("the resolver of a container", () => {
  let slipway: Slipway;
  let pid: string;
  let server: FakeDns;

  before(async function () {
    requiresCommand(this, "nft");
    slipway = await Slipway.open(this);
    await slipway.ok(["network", "create", "--subnet", "10.164.0.0/24", "app"]);
    server = await FakeDns.listen(GATEWAY);
    const flags = ["-d", "--network", "app", "--dns", GATEWAY];
    await slipway.ok(["run", ...flags, "--name", "web", "busybox", "sleep", "600"]);
    for (let number = 0; number < 3; number++)
      await slipway.ok(["run", ...flags, "--network-alias", "many", "busybox", "sleep", "600"]);
    pid = await slipway.ok(["inspect", "-f", "{{.State.Pid}}", "web"]);
  });
  after(async () => {
    await server?.[Symbol.asyncDispose]();
    await slipway?.[Symbol.asyncDispose]();
  });

  const ask = (
    transport: "udp" | "tcp",
    messages: readonly Buffer[],
    wait = 5000,
  ): Promise<readonly string[]> =>
    new Promise((resolve, reject) => {
      const hex = messages.map((message) => message.toString("hex"));
      const args = [
        `--net=/proc/${pid}/ns/net`,
        process.execPath,
        "-e",
        ASK,
        transport,
        String(wait),
        ...hex,
      ];
      execFile("nsenter", args, (error, out) =>
        error === null ? resolve(out.trimEnd().split("\n")) : reject(error),
      );
    });

  it("answers over datagrams and streams, and passes on what nobody here is called", async () => {
    for (const transport of ["udp", "tcp"] as const) {
      const [here = "", other = "", noAddress = ""] = await ask(transport, [
        query(1, question("many")),
        query(2, question("www.example.org")),
        query(3, question("many", 28)),
      ]);
      assert.deepEqual([here.slice(0, 4), count(here), isCut(here)], ["0001", 3, false]);
      assert.ok(other.startsWith("0002") && other.endsWith(FOUND), other);
      assert.deepEqual([code(noAddress), count(noAddress)], [0, 0]);
    }
  });

  it("passes extensions on, and answers those who use them with its own", async () => {
    const options = { additional: 1, rest: OPT };
    const [here = "", other = ""] = await ask("udp", [
      query(4, question("many"), options),
      query(5, question("example.org"), options),
    ]);
    assert.ok(here.endsWith("0000290" + "4d0000000000000"), here);
    assert.ok(other.endsWith(FOUND + OPT.toString("hex")), other);
  });

  it("lets an answer that was cut be fetched by a stream", async () => {
    const message = query(6, question("big.example.org"));
    const [cut = ""] = await ask("udp", [message]);
    assert.ok(isCut(cut));
    const [whole = ""] = await ask("tcp", [message]);
    assert.ok(!isCut(whole) && whole.endsWith(FOUND), whole);
  });

  it("says that a server failed which does not answer", async () => {
    const [failed = ""] = await ask("udp", [query(7, question("silent.example.org"))], 20_000);
    assert.deepEqual([failed.slice(0, 4), code(failed)], ["0007", 2]);
  });

  const name = Buffer.alloc(64, 63);
  const hostile: readonly (readonly [title: string, message: Buffer, code: number | undefined])[] = [
    ["nothing", Buffer.alloc(1), undefined],
    ["half a header", Buffer.alloc(11), undefined],
    ["an answer", query(8, question("many"), { flags: 0x8180 }), undefined],
    ["no question", Buffer.from("000901000000000000000000", "hex"), 1],
    [
      "two questions",
      Buffer.concat([Buffer.from("000901000002000000000000", "hex"), question("a"), question("b")]),
      1,
    ],
    ["a name without an end", query(9, Buffer.from([3, 97, 97])), 1],
    ["a name that ends behind the message", query(9, Buffer.from([63, 97])), 1],
    ["a compressed name", query(9, Buffer.from([0xc0, 12, 0, 1, 0, 1])), 1],
    [
      "a label too long",
      query(9, Buffer.concat([Buffer.of(64), Buffer.alloc(64, 97), Buffer.of(0, 0, 1, 0, 1)])),
      1,
    ],
    ["a name too long", query(9, Buffer.concat([name, name, name, name, name, Buffer.of(0, 0, 1, 0, 1)])), 1],
    ["a question without a type", query(9, Buffer.from([1, 97, 0])), 1],
    ["an update", query(9, question("many"), { flags: 0x2800 }), 4],
    [
      "an extension without an end",
      query(9, question("many"), { additional: 1, rest: OPT.subarray(0, 5) }),
      0,
    ],
    ["more records than there are", query(9, question("many"), { additional: 65535 }), 0],
    ["a long tail", query(9, question("many"), { rest: Buffer.alloc(1000, 255) }), 0],
  ];

  it("survives malformed messages and goes on", async () => {
    const answered = hostile.filter(([, , want]) => want !== undefined);
    const replies = await ask(
      "udp",
      answered.map(([, message]) => message),
    );
    for (const [index, [title, , want]] of answered.entries())
      assert.equal(code(replies[index] ?? ""), want, title);
    const ignored = hostile.filter(([, , want]) => want === undefined).map(([, message]) => message);
    assert.deepEqual((await ask("udp", ignored, 100)).join(""), "");
    await ask(
      "tcp",
      hostile.map(([, message]) => message),
    );
    const [alive = ""] = await ask("udp", [query(10, question("many"))]);
    assert.equal(count(alive), 3);
  });

  it("survives noise, and is small", async () => {
    let seed = 1;
    const random = () => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return seed >> 8;
    };
    const noise = Array.from({ length: 300 }, () => {
      const message = query(random() & 0xffff, question("many"), { additional: 1, rest: OPT });
      for (let times = 0; times < 4; times++) message[2 + (random() % (message.length - 2))] = random() & 255;
      return message.subarray(0, 1 + (random() % message.length));
    });
    // Each in its own time would take long; what counts is that the next question is answered.
    await ask("udp", noise, 5);
    const [alive = ""] = await ask("udp", [query(11, question("many"))]);
    assert.equal(count(alive), 3);
    const parent = /^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    const own = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${parent}/status`, "utf8"))?.[1];
    assert.ok(Number(own) < 2048, `${own} kB`);
  });
});
