import assert from "node:assert/strict";
import { requiresCommand } from "../support/requires.ts";
import { servedPage } from "../support/served-page.ts";
import { Slipway } from "./support/slipway.ts";

interface Endpoint {
  readonly IPAddress: string;
  readonly MacAddress: string;
  readonly Gateway: string;
  readonly Aliases: readonly string[] | null;
}

describe("networks of users", () => {
  let slipway: Slipway;
  before(async function () {
    requiresCommand(this, "nft");
    slipway = await Slipway.open(this);
  });
  after(() => slipway?.[Symbol.asyncDispose]());

  const ok = (...argv: string[]) => slipway.ok(argv);
  const start = (name: string, ...flags: string[]) =>
    ok("run", "-d", "--name", name, ...flags, "busybox", "sleep", "600");
  const endpoints = async (name: string) =>
    JSON.parse(await ok("inspect", "-f", "{{json .NetworkSettings.Networks}}", name)) as Record<
      string,
      Endpoint
    >;
  const inside = (name: string, ...command: string[]) => slipway.run(["exec", name, ...command]);
  const reaches = async (name: string, address = "") =>
    (await inside(name, "ping", "-c", "1", "-W", "1", address)).code === 0;

  it("are made, listed, shown, and removed", async () => {
    const id = await ok("network", "create", "--label", "tier=front", "front");
    assert.match(id, /^[0-9a-f]{64}$/);
    assert.equal(await ok("network", "ls", "-q", "--no-trunc", "-f", "label=tier=front"), id);
    assert.equal(
      await ok("network", "ls", "-f", "type=custom", "--format", "{{.Name}} {{.Driver}}"),
      "front bridge",
    );
    const document = JSON.parse(await ok("network", "inspect", id.slice(0, 12)))[0];
    assert.deepEqual([document.Name, document.Driver, document.Internal], ["front", "bridge", false]);
    assert.deepEqual(document.Labels, { tier: "front" });
    assert.equal(await ok("network", "rm", "front"), "front");
    assert.equal(
      (await slipway.run(["network", "inspect", "front"])).err,
      "Error: network front not found\n",
    );
  });

  it("have subnets and names of their own when several are made at once", async () => {
    const names = ["n1", "n2", "n3", "n4"];
    const made = await Promise.all([...names, "n1"].map((name) => slipway.run(["network", "create", name])));
    assert.equal(made.filter(({ code }) => code === 0).length, names.length);
    const subnets = await ok("network", "inspect", "-f", "{{(index .IPAM.Config 0).Subnet}}", ...names);
    assert.equal(new Set(subnets.split("\n")).size, names.length);
    await ok("network", "rm", ...names);
  });

  const refusals: readonly (readonly [argv: string, message: string])[] = [
    ["network create bridge", "operation is not permitted on predefined bridge network"],
    ["network create taken", "network with name taken already exists"],
    ["network create -d overlay x", "network driver overlay is not supported"],
    ["network create -d nosuch x", 'plugin "nosuch" not found'],
    ["network create --scope swarm x", "--scope is not supported"],
    ["network create --gateway 10.5.0.1 x", "every ip-range or gateway must have a corresponding subnet"],
    ["network create --subnet 10.5.0.0/24 --gateway 10.6.0.1 x", "no matching subnet for gateway 10.6.0.1"],
    [
      "network create --subnet 10.5.0.0/24 --ip-range 10.6.0.0/28 x",
      "no matching subnet for range 10.6.0.0/28",
    ],
    [
      "network create --subnet 10.165.4.0/24 x",
      "invalid pool request: Pool overlaps with other one on this address space: 10.165.4.0/24 and 10.165.0.0/16 of network taken",
    ],
    [
      "network create -o com.docker.network.nosuch=1 x",
      "the network option com.docker.network.nosuch is not supported",
    ],
    [
      "network create -o com.docker.network.driver.mtu=x x",
      'invalid value "x" for the network option com.docker.network.driver.mtu: expected a number from 68 to 65535',
    ],
    ["network create -o com.docker.network.bridge.name=lo x", "this host has a network interface lo already"],
    ["network rm bridge", "bridge is a pre-defined network and cannot be removed"],
    ["network rm nosuch", "network nosuch not found"],
    ["network connect nosuch c", "network nosuch not found"],
    ["network connect taken nosuch", "No such container: nosuch"],
  ];
  it("are refused in docker's words when they cannot be", async () => {
    await ok("network", "create", "--subnet", "10.165.0.0/16", "taken");
    for (const [argv, message] of refusals) {
      const { code, err } = await slipway.run(argv.split(" "));
      assert.equal(err.replace(/^Error: /, "").split("\n")[0], message, argv);
      assert.equal(code, 1, argv);
    }
    await ok("network", "rm", "taken");
  });

  it("give the addresses and names that were asked for, within their range", async () => {
    await ok(
      "network",
      "create",
      "--subnet",
      "10.166.0.0/24",
      "--gateway",
      "10.166.0.9",
      "--ip-range",
      "10.166.0.8/29",
      "--aux-address",
      "router=10.166.0.8",
      "given",
    );
    await start("first", "--network", "given");
    await start(
      "second",
      "--network",
      "given",
      "--ip",
      "10.166.0.77",
      "--mac-address",
      "02:42:00:00:00:07",
      "--network-alias",
      "db",
    );
    const [first, second] = [(await endpoints("first"))["given"], (await endpoints("second"))["given"]];
    assert.deepEqual([first?.IPAddress, first?.Gateway], ["10.166.0.10", "10.166.0.9"]);
    assert.deepEqual([second?.IPAddress, second?.MacAddress], ["10.166.0.77", "02:42:00:00:00:07"]);
    assert.deepEqual(second?.Aliases, ["db"]);
    assert.equal((await inside("second", "cat", "/sys/class/net/eth0/address")).out, "02:42:00:00:00:07\n");
    assert.ok(await reaches("first", "10.166.0.77"));
    const wrong = async (...flags: string[]) =>
      (await slipway.run(["run", "--rm", ...flags, "busybox", "true"])).err;
    assert.match(
      await wrong("--network", "given", "--ip", "10.166.0.77"),
      /Address already in use: 10\.166\.0\.77/,
    );
    assert.match(
      await wrong("--network", "given", "--ip", "10.9.0.1"),
      /no configured subnet or ip-range contain the IP address 10\.9\.0\.1/,
    );
    assert.match(
      await wrong("--ip", "10.166.0.78"),
      /\* user specified IP address is supported on user defined networks only/,
    );
    assert.match(
      await wrong("--network-alias", "x"),
      /network-scoped aliases are only supported for user-defined networks/,
    );
    assert.match(
      await wrong("--network", "host", "--network", "given"),
      /cannot attach both user-defined and non-user-defined network-modes/,
    );
    const rm = await slipway.run(["network", "rm", "given"]);
    assert.match(
      rm.err,
      /^Error: error while removing network: network given has active endpoints \(name:"first" id:"[0-9a-f]{12}", name:"second" id:/,
    );
    await ok("rm", "-f", "first", "second");
    await ok("network", "rm", "given");
  });

  it("are isolated from each other, and connected by containers that are in both", async () => {
    await ok("network", "create", "left");
    await ok("network", "create", "right");
    await start("one", "--network", "left");
    await start("two", "--network", "right");
    await start("both", "--network", "left", "--network", "name=right,alias=x");
    const of = async (name: string, network: string) => (await endpoints(name))[network]?.IPAddress;
    const two = await of("two", "right");
    assert.equal(await reaches("one", two), false);
    assert.equal(await reaches("both", two), true);
    assert.equal(await reaches("one", await of("both", "left")), true);

    await ok("network", "connect", "right", "one");
    assert.equal(await reaches("one", two), true);
    const again = await slipway.run(["network", "connect", "right", "one"]);
    assert.equal(again.err, "Error: endpoint with name one already exists in network right\n");
    await ok("network", "disconnect", "left", "one");
    assert.equal(await reaches("one", await of("both", "left")), false);
    assert.equal(await reaches("one", two), true);
    // Its way out is the network it has left.
    const gateway = (await endpoints("one"))["right"]?.Gateway;
    assert.ok((await inside("one", "ip", "route")).out.startsWith(`default via ${gateway} `));
    const gone = await slipway.run(["network", "disconnect", "left", "one"]);
    assert.match(gone.err, /^Error: container [0-9a-f]{64} is not connected to network left\n$/);
    assert.equal((await slipway.run(["network", "disconnect", "-f", "left", "nosuch"])).code, 0);

    await ok("stop", "-t", "0", "one");
    await ok("network", "connect", "left", "one");
    await ok("network", "disconnect", "right", "one");
    await ok("start", "one");
    assert.deepEqual(Object.keys(await endpoints("one")), ["left"]);
    assert.equal(await reaches("one", await of("both", "left")), true);
    await ok("rm", "-f", "one", "two", "both");
    assert.equal(await ok("network", "prune", "-f"), "Deleted Networks:\nleft\nright\n");
  });

  it("have no way out when they are internal, and none inside without communication", async () => {
    await ok("network", "create", "--internal", "inner");
    await ok(
      "network",
      "create",
      "-o",
      "com.docker.network.bridge.enable_icc=false",
      "-o",
      "com.docker.network.driver.mtu=1400",
      "alone",
    );
    await start("aa", "--network", "inner");
    await start("bb", "--network", "inner");
    await start("cc", "--network", "alone");
    await start("dd", "--network", "alone");
    const address = async (name: string) => Object.values(await endpoints(name))[0]?.IPAddress;
    assert.equal((await inside("aa", "ip", "route")).out.includes("default"), false);
    assert.equal(await reaches("aa", await address("bb")), true);
    assert.equal(await reaches("aa", await address("cc")), false);
    assert.equal(await reaches("cc", await address("dd")), false);
    assert.equal((await inside("cc", "cat", "/sys/class/net/eth0/mtu")).out, "1400\n");
    const published = ["run", "--rm", "--network", "inner", "-p", "80", "busybox", "true"];
    assert.equal(
      (await slipway.run(published)).err,
      "WARNING: Published ports are discarded: no network of the container leads out\n",
    );
    await ok("rm", "-f", "aa", "bb", "cc", "dd");
    await ok("network", "rm", "inner", "alone");
  });

  it("publish the ports of a container where its way out is", async () => {
    await ok("network", "create", "-o", "com.docker.network.bridge.host_binding_ipv4=127.0.0.1", "web");
    await ok("network", "create", "other");
    const serve = "mkdir /www; echo page >/www/index.html; exec httpd -f -p 80 -h /www";
    await ok("run", "-d", "--name", "server", "--network", "web", "-p", "80", "busybox", "sh", "-c", serve);
    const port = await ok("port", "server", "80");
    assert.match(port, /^127\.0\.0\.1:\d+$/);
    assert.equal(await servedPage(port), "page\n");
    await ok("network", "connect", "other", "server");
    await ok("network", "disconnect", "web", "server");
    assert.equal(await ok("port", "server", "80"), port);
    assert.equal(await servedPage(port), "page\n");
    await ok("rm", "-f", "server");
    await ok("network", "rm", "web", "other");
  });

  it("link containers of the default network by hosts file and environment", async () => {
    await start("db", "--expose", "5432", "-e", "SECRET=1");
    const run = [
      "run",
      "--rm",
      "--name",
      "app",
      "--link",
      "db:store",
      "busybox",
      "sh",
      "-c",
      "env; cat /etc/hosts",
    ];
    const text = await ok(...run);
    const address = (await endpoints("db"))["bridge"]?.IPAddress;
    for (const line of [`STORE_PORT=tcp://${address}:5432`, "STORE_NAME=/app/store", "STORE_ENV_SECRET=1"])
      assert.ok(text.split("\n").includes(line), line);
    assert.match(text, new RegExp(`^${address}\tstore [0-9a-f]{12} db$`, "m"));
    await ok("stop", "-t", "0", "db");
    assert.match(
      (await slipway.run(run)).err,
      /Cannot link to a non running container: \/db AS \/app\/store/,
    );
    await ok("rm", "db");
  });
});
