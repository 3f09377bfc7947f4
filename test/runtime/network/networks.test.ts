import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { loadKernel } from "../../../native/binding.ts";
import { BridgeDriver, bridgeName } from "../../../runtime/network/bridge-driver.ts";
import { createFirewall } from "../../../runtime/network/firewall.ts";
import { Networks } from "../../../runtime/network/networks.ts";
import { thisHost } from "../../../runtime/network/open-networks.ts";
import { createNullDriver, hostDriver } from "../../../runtime/network/plain-drivers.ts";
import { openStore } from "../../../store/open-store.ts";
import { thisOwner } from "../../../store/owner.ts";
import type { Store } from "../../../store/types.ts";
import { requiresCommand, requiresNativeCore, requiresRoot } from "../../support/requires.ts";
import { Scratch } from "../../support/scratch.ts";
import { testedDriver } from "../../support/snapshot-driver.ts";

const SERVER = `require("http").createServer((_, r) => r.end("hello")).listen(80, () => console.log("up"))`;

/** A web server in a network namespace of its own. */
async function isolatedServer(): Promise<ChildProcess & { readonly pid: number }> {
  const child = spawn("unshare", ["--net", process.execPath, "-e", SERVER], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (child.stdout === null || child.pid === undefined) throw new Error("unshare did not start");
  await once(child.stdout, "data");
  return Object.assign(child, { pid: child.pid });
}

const open = (store: Store, program?: string): Networks => {
  const kernel = loadKernel();
  const bridge = new BridgeDriver({ root: store.paths.root, kernel, firewall: createFirewall(program) });
  return new Networks({
    root: store.paths.root,
    database: store.database,
    locks: store.locks,
    drivers: [bridge, hostDriver, createNullDriver(kernel)],
    namesFile: (network) => store.paths.networkNames(network),
    host: thisHost,
  });
};

const ownAddresses = () =>
  Object.values(networkInterfaces()).flatMap((all = []) =>
    all.filter(({ family, internal }) => family === "IPv4" && !internal).map(({ address }) => address),
  );

describe("runtime/network", () => {
  let scratch: Scratch;
  let store: Store;

  before(function () {
    requiresRoot(this);
    requiresNativeCore(this);
  });
  beforeEach(async () => {
    scratch = new Scratch();
    store = await openStore(scratch.join("root"), { kernel: loadKernel(), ...testedDriver() });
  });
  afterEach(async () => {
    const networks = open(store);
    for (const network of networks.list()) await networks.driverOf(network).delete(network);
    await store[Symbol.asyncDispose]();
    scratch[Symbol.dispose]();
  });

  it("has bridge, host and none from the start", () => {
    const networks = open(store);
    assert.deepEqual(
      networks.list().map(({ name, driver }) => [name, driver]),
      [
        ["bridge", "bridge"],
        ["host", "host"],
        ["none", "null"],
      ],
    );
    assert.deepEqual(open(store).list(), networks.list());
    assert.equal(networks.get(networks.get("bridge").id.slice(0, 10)).name, "bridge");
    assert.throws(() => networks.get("nosuch"), { message: "network nosuch not found" });
  });

  it("gives every user of a network an address of its own, and takes it back", async () => {
    const networks = open(store);
    const bridge = networks.get("bridge");
    const connected = await Promise.all(
      ["a", "b", "c"].map((container) => networks.connect(bridge, { container })),
    );
    const addresses = connected.map(({ endpoint }) => endpoint.address);
    assert.equal(new Set(addresses).size, 3);
    assert.deepEqual(
      networks.endpointsOf("b"),
      connected.filter(({ endpoint }) => endpoint === connected[1]?.endpoint).map(({ endpoint }) => endpoint),
    );
    await networks.release(networks.endpointsOf("a"));
    const again = await networks.connect(bridge, { process: "gone" });
    assert.equal(again.endpoint.address, connected[0]?.endpoint.address);
    const instead = await networks.connect(bridge, { process: thisOwner() });
    assert.equal(instead.endpoint.address, again.endpoint.address);
    await networks.sweep((user) => "process" in user);
    assert.deepEqual(networks.endpointsOf("a"), []);
    assert.equal(networks.endpointsOf("c").length, 1);
  });

  it("answers published ports on this host's addresses and on loopback", async function () {
    requiresCommand(this, "nft");
    const networks = open(store);
    const child = await isolatedServer();
    try {
      const requests = [
        { protocol: "tcp", containerPort: 80, hostAddresses: ["0.0.0.0"], hostPorts: [] },
      ] as const;
      const { endpoint, warnings } = await networks.connect(
        networks.get("bridge"),
        { container: "c" },
        { ports: requests },
      );
      assert.deepEqual(warnings, []);
      await networks.attach(endpoint, child.pid);
      await networks.route(endpoint, child.pid);
      const [port] = endpoint.ports;
      assert.ok(port !== undefined);
      // A kept connection would go on after its port is taken back.
      const headers = { connection: "close" };
      for (const address of ["127.0.0.1", ...ownAddresses()]) {
        const response = await fetch(`http://${address}:${port.hostPort}/`, {
          headers,
          signal: AbortSignal.timeout(5000),
        });
        assert.equal(await response.text(), "hello", address);
      }
      await networks.release([endpoint]);
      await assert.rejects(fetch(`http://127.0.0.1:${port.hostPort}/`));
    } finally {
      child.kill("SIGKILL");
      await once(child, "exit");
    }
  });

  it("keeps a bridge without nftables and says what is lost; publishing fails", async () => {
    const networks = open(store, "no-such-nft");
    const bridge = networks.get("bridge");
    const lost =
      "containers do not reach other networks: setting packet rules by nftables failed: the program no-such-nft is not installed";
    const { warnings } = await networks.connect(bridge, { container: "c" });
    assert.deepEqual(warnings, [lost]);
    const requests = [
      { protocol: "tcp", containerPort: 80, hostAddresses: ["0.0.0.0"], hostPorts: [] },
    ] as const;
    await assert.rejects(networks.connect(bridge, { container: "d" }, { ports: requests }), {
      code: "FIREWALL_FAILED",
    });
    assert.deepEqual(networks.endpointsOf("d"), []);
  });

  it("takes the bridge of a root that is gone away", async () => {
    const kernel = loadKernel();
    const gone = bridgeName(`/nosuch/${process.pid}`);
    kernel.createBridge(gone, { mtu: 1400 });
    writeFileSync(`/sys/class/net/${gone}/ifalias`, `/nosuch/${process.pid} 10.1.0.0/16`);
    const networks = open(store);
    await networks.ready(networks.get("bridge"));
    assert.equal(kernel.linkIndex(gone), undefined);
  });

  it("leaves a bridge in use alone whose root is not seen from here", async () => {
    const kernel = loadKernel();
    const root = `/elsewhere/${process.pid}`;
    const used = bridgeName(root);
    kernel.createBridge(used, { mtu: 1400 });
    writeFileSync(`/sys/class/net/${used}/ifalias`, `${root} 10.2.0.0/16`);
    const server = await isolatedServer();
    try {
      await kernel.attachVeth({
        pid: server.pid,
        hostName: `swv${process.pid}`,
        bridge: used,
        name: "eth0",
        cidr: "10.2.0.2/16",
        mac: "02:42:0a:02:00:02",
        mtu: 1400,
        isolated: false,
      });
      const networks = open(store);
      await networks.ready(networks.get("bridge"));
      assert.notEqual(kernel.linkIndex(used), undefined);
    } finally {
      server.kill();
      kernel.deleteLink(used);
    }
  });

  it("names bridges so that they fit and differ", () => {
    assert.equal(bridgeName("/var/lib/slipway"), "slipway0");
    assert.match(bridgeName("/tmp/x"), /^sw[0-9a-f]{8}$/);
    assert.notEqual(bridgeName("/tmp/x"), bridgeName("/tmp/y"));
  });
});
