import assert from "node:assert/strict";
import { readFileSync, rmSync } from "node:fs";
import { requiresBaseImage, requiresCommand } from "../support/requires.ts";
import { servedPage } from "../support/served-page.ts";
import { Slipway } from "./support/slipway.ts";

const SERVER = "mkdir /www; echo page >/www/index.html; exec httpd -f -p 80 -h /www";

describe("containers on the bridge", () => {
  let slipway: Slipway;
  before(async function () {
    requiresCommand(this, "nft");
    slipway = await Slipway.open(this);
  });
  after(() => slipway?.[Symbol.asyncDispose]());

  const serve = (name: string) =>
    slipway.ok(["run", "-d", "--name", name, "-p", "127.0.0.1::80", "busybox", "sh", "-c", SERVER]);

  it("answer on a published port, and to each other", async () => {
    await serve("one");
    assert.equal(await servedPage(await slipway.ok(["port", "one", "80"])), "page\n");
    const address = await slipway.ok(["inspect", "-f", "{{.NetworkSettings.IPAddress}}", "one"]);
    const { out } = await slipway.run(["run", "--rm", "busybox", "wget", "-qO-", `http://${address}/`]);
    assert.equal(out, "page\n");
    await slipway.ok(["rm", "-f", "one"]);
  });

  it("give their port back when they end", async () => {
    await serve("one");
    const port = (await slipway.ok(["port", "one", "80"])).replace(/^.*:/, "");
    const other = ["run", "--rm", "-p", `127.0.0.1:${port}:80`, "busybox", "true"];
    const taken = await slipway.run(other);
    assert.equal(taken.code, 125);
    assert.match(taken.err, /^Error: Bind for 127\.0\.0\.1:\d+ failed: port is already allocated/);
    await slipway.ok(["rm", "-f", "one"]);
    assert.equal((await slipway.run(other)).code, 0);
  });

  it("are behind the bridge that the default network names, with its MTU", async () => {
    await serve("one");
    const options = JSON.parse(await slipway.ok(["network", "inspect", "-f", "{{json .Options}}", "bridge"]));
    const link = `/sys/class/net/${options["com.docker.network.bridge.name"]}`;
    assert.notEqual(readFileSync(`${link}/bridge/bridge_id`, "latin1"), "");
    assert.equal(readFileSync(`${link}/mtu`, "latin1").trim(), options["com.docker.network.driver.mtu"]);
    await slipway.ok(["rm", "-f", "one"]);
  });

  it("work in a state root that was removed and made again", async function () {
    const { tar } = requiresBaseImage(this, "busybox:latest");
    rmSync(slipway.root, { recursive: true });
    await slipway.ok(["import", tar, "busybox:latest"]);
    await serve("anew");
    assert.equal(await servedPage(await slipway.ok(["port", "anew", "80"])), "page\n");
    await slipway.ok(["rm", "-f", "anew"]);
  });
});
