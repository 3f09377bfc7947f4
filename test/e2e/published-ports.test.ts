import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { eventually } from "../support/eventually.ts";
import { requiresCommand } from "../support/requires.ts";
import { servedPage } from "../support/served-page.ts";
import { Slipway } from "./support/slipway.ts";

const ECHO = `
  const socket = require("dgram").createSocket("udp4");
  socket.on("message", (data, { port, address }) => socket.send(data, port, address)).bind(7);
`;
const PAGE = "mkdir -p /www; echo page >/www/index.html; exec httpd -f -p 80 -h /www";

describe("published ports", () => {
  let slipway: Slipway;
  before(async function () {
    requiresCommand(this, "nft");
    slipway = await Slipway.open(this);
    await slipway.ok(["network", "create", "web"]);
  });
  after(() => slipway?.[Symbol.asyncDispose]());

  const ok = (...argv: string[]) => slipway.ok(argv);

  /** What a server of the container's answers, which begins when its container does. */
  const echo = (port: number): Promise<string> => eventually(() => answer(port).catch(() => ""));

  it("are the first free ones of a range, and those of a range each", async () => {
    const base = 20_000 + (process.pid % 10_000);
    const range = `127.0.0.1:${base}-${base + 1}:80`;
    const start = ["run", "-d", "-p", range, "busybox", "sleep", "600"];
    const ids = [await ok(...start), await ok(...start)];
    const ports = await Promise.all(ids.map((id) => ok("port", id)));
    assert.deepEqual(ports, [`80/tcp -> 127.0.0.1:${base}`, `80/tcp -> 127.0.0.1:${base + 1}`]);
    const { code, err } = await slipway.run(start);
    assert.equal(code, 125);
    assert.ok(err.includes(`Bind for 127.0.0.1:${base + 1} failed: port is already allocated`), err);
    await ok("rm", "-f", ...ids);
    const id = await ok("run", "-d", "-p", `127.0.0.1:${base}-${base + 1}:80-81`, "busybox", "sleep", "600");
    assert.equal(await ok("port", id), `80/tcp -> 127.0.0.1:${base}\n81/tcp -> 127.0.0.1:${base + 1}`);
    await ok("rm", "-f", id);
  });

  it("are all that are exposed, at random ports", async () => {
    const id = await ok("run", "-d", "-P", "--expose", "80", "--expose", "53/udp", "busybox", "sleep", "600");
    assert.match(await ok("port", id), /^80\/tcp -> 0\.0\.0\.0:\d+\n53\/udp -> 0\.0\.0\.0:\d+$/);
    await ok("rm", "-f", id);
  });

  it("take datagrams too", async () => {
    const id = await ok("run", "-d", "-p", "127.0.0.1::7/udp", "busybox", "sleep", "600");
    const [, port = ""] = /:(\d+)$/.exec(await ok("port", id, "7/udp")) ?? [];
    const pid = await ok("inspect", "-f", "{{.State.Pid}}", id);
    const server = spawn("nsenter", [`--net=/proc/${pid}/ns/net`, process.execPath, "-e", ECHO], {
      stdio: "ignore",
    });
    try {
      assert.equal(await echo(Number(port)), "ping");
    } finally {
      server.kill("SIGKILL");
    }
    await ok("rm", "-f", id);
  });

  it("stay with the address and the names of a container that is started again", async () => {
    const name = "again";
    await ok(
      ..."run -d --restart always --network web --name again -p 127.0.0.1::80 busybox sh -c".split(" "),
      PAGE,
    );
    const port = await ok("port", name, "80");
    const addressOf = () => ok("inspect", "-f", "{{.NetworkSettings.Networks.web.IPAddress}}", name);
    const address = await addressOf();
    assert.equal(await servedPage(port), "page\n");
    process.kill(Number(await ok("inspect", "-f", "{{.State.Pid}}", name)), "SIGKILL");
    await eventually(
      () => ok("inspect", "-f", "{{.RestartCount}} {{.State.Running}}", name),
      (state) => state === "1 true",
    );
    assert.equal(await servedPage(port), "page\n");
    assert.equal(await addressOf(), address);
    assert.equal(await ok("port", name, "80"), port);
    assert.equal(
      await ok("run", "--rm", "--network", "web", "busybox", "wget", "-qO-", "http://again/"),
      "page",
    );
    assert.equal(await ok("exec", name, "wget", "-qO-", "http://again/"), "page");
    await ok("rm", "-f", name);
  });
});

/** Of a datagram; rejects when none comes. */
const answer = (port: number): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = createSocket("udp4");
    const timer = setTimeout(() => {
      socket.close();
      reject(new Error("no answer"));
    }, 300);
    socket.on("message", (data) => {
      clearTimeout(timer);
      socket.close();
      resolve(data.toString());
    });
    socket.send("ping", port, "127.0.0.1");
  });
