import assert from "node:assert/strict";
import { requiresCommand } from "../support/requires.ts";
import { Slipway } from "./support/slipway.ts";

describe("names in networks of users", () => {
  let slipway: Slipway;
  before(async function () {
    requiresCommand(this, "nft");
    slipway = await Slipway.open(this);
    await ok("network", "create", "app");
  });
  after(() => slipway?.[Symbol.asyncDispose]());

  const ok = (...argv: string[]) => slipway.ok(argv);
  const start = (name: string, ...flags: string[]) =>
    ok("run", "-d", "--name", name, "--network", "app", ...flags, "busybox", "sleep", "600");
  const addressOf = (name: string, network = "app") =>
    ok("inspect", "-f", `{{(index .NetworkSettings.Networks "${network}").IPAddress}}`, name);
  /** The addresses that a container finds for a name, in order. */
  const lookup = async (container: string, name: string): Promise<string[]> => {
    const { out } = await slipway.run(["exec", container, "nslookup", name, "127.0.0.11"]);
    const answers = out.split("\n\n").slice(1).join("\n");
    return [...answers.matchAll(/Address(?: \d+)?: (\S+)/g)].map(([, address = ""]) => address);
  };

  it("are the containers' own, their aliases, short ids and hostnames, with and without the network's", async () => {
    const id = await start("db", "--network-alias", "store", "--hostname", "box");
    await start("web");
    const address = await addressOf("db");
    for (const name of ["db", "DB", "db.app", "store", "store.app", "box", id.slice(0, 12)])
      assert.deepEqual(await lookup("web", name), [address], name);
    const { out } = await slipway.run(["exec", "web", "cat", "/etc/resolv.conf"]);
    assert.match(out, /^nameserver 127\.0\.0\.11$/m);
    assert.match(out, /^options .*ndots:0$/m);
    assert.equal((await slipway.run(["exec", "web", "ping", "-c", "1", "store"])).code, 0);
    const reverse = await slipway.run(["exec", "web", "nslookup", address, "127.0.0.11"]);
    assert.match(reverse.out, /name = db\.app$/m);
  });

  it("follow what happens to the containers", async () => {
    await ok("rename", "db", "data");
    assert.deepEqual(await lookup("web", "db"), []);
    assert.deepEqual(await lookup("web", "data"), [await addressOf("data")]);
    await ok("kill", "data");
    assert.deepEqual(await lookup("web", "data"), []);
    await ok("start", "data");
    assert.deepEqual(await lookup("web", "store"), [await addressOf("data")]);
    await ok("rm", "-f", "data");
    assert.deepEqual(await lookup("web", "store"), []);
  });

  it("are shared by several containers, each in its turn the first", async () => {
    for (const name of ["one", "two", "three"]) await start(name, "--network-alias", "many");
    const all = await Promise.all(["one", "two", "three"].map((name) => addressOf(name)));
    const first = new Set<string | undefined>();
    for (let turn = 0; turn < 6; turn++) {
      const found = await lookup("web", "many");
      assert.deepEqual([...found].sort(), [...all].sort());
      first.add(found[0]);
    }
    assert.equal(first.size, 3);
    await ok("rm", "-f", "one", "two", "three");
  });

  it("are there from the moment a container is connected, and gone with it", async () => {
    await ok("run", "-d", "--name", "late", "busybox", "sleep", "600");
    assert.deepEqual(await lookup("late", "web"), []);
    await ok("network", "connect", "--alias", "latecomer", "--link", "web:front", "app", "late");
    assert.deepEqual(await lookup("late", "web"), [await addressOf("web")]);
    assert.deepEqual(await lookup("late", "front"), [await addressOf("web")]);
    assert.deepEqual(await lookup("web", "front"), []);
    assert.deepEqual(await lookup("web", "latecomer"), [await addressOf("late")]);
    await ok("network", "disconnect", "app", "late");
    assert.deepEqual(await lookup("web", "latecomer"), []);
    assert.deepEqual(await lookup("late", "web"), []);
    await ok("rm", "-f", "late");
  });

  it("leave the domain port to name servers inside", async () => {
    const server = "nc -l -p 53 & sleep 0.5; netstat -ltn | grep -q :53 && echo has";
    const { out } = await slipway.run(["exec", "web", "sh", "-c", server]);
    assert.equal(out, "has\n");
    assert.deepEqual(await lookup("web", "web"), [await addressOf("web")]);
  });
});
