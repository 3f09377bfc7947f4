import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, readlinkSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { loadKernel } from "../../native/binding.ts";
import { requiresCommand, requiresNativeCore, requiresRoot } from "../support/requires.ts";

/** A process in a network namespace of its own, once it is there. */
async function isolated(): Promise<ChildProcess & { readonly pid: number }> {
  const child = spawn("unshare", ["--net", "sh", "-c", "echo ready; exec sleep 60"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (child.stdout === null || child.pid === undefined) throw new Error("unshare did not start");
  await once(child.stdout, "data");
  return Object.assign(child, { pid: child.pid });
}

const field = (link: string, name: string) => readFileSync(`/sys/class/net/${link}/${name}`, "utf8").trim();

describe("native/netlink", () => {
  const bridge = `swt${process.pid}`;
  const veth = `swv${process.pid}`;

  before(function () {
    requiresRoot(this);
    requiresNativeCore(this);
  });
  afterEach(() => {
    if (process.getuid?.() === 0) loadKernel().deleteLink(bridge);
  });

  it("makes a bridge that keeps its address, and takes it away again", () => {
    const kernel = loadKernel();
    assert.equal(kernel.linkIndex(bridge), undefined);
    kernel.createBridge(bridge, { mtu: 1400 });
    kernel.addAddress(bridge, "10.168.7.1/24");
    kernel.addAddress(bridge, "10.168.7.1/24");
    kernel.setLinkUp(bridge);
    assert.equal(kernel.linkIndex(bridge), Number(field(bridge, "ifindex")));
    assert.equal(field(bridge, "mtu"), "1400");
    // 3 is NET_ADDR_SET: the bridge does not take the address of a port.
    assert.equal(field(bridge, "addr_assign_type"), "3");
    assert.throws(() => kernel.createBridge(bridge, { mtu: 1400 }), {
      code: "SYSCALL_FAILED",
      message: `create bridge ${bridge}: EEXIST`,
    });
    kernel.deleteLink(bridge);
    kernel.deleteLink(bridge);
    assert.equal(kernel.linkIndex(bridge), undefined);
  });

  it("takes links away that others are taking away", async function () {
    const ip = requiresCommand(this, "ip");
    const kernel = loadKernel();
    const programs = Array.from({ length: 4 }, () =>
      spawn(ip, ["-force", "-batch", "-"], { stdio: ["pipe", "ignore", "ignore"] }),
    );
    const [busy, ...others] = programs;
    // The kernel changes one link at a time: while this one has it busy, the others queue for the same link.
    busy?.stdin.write(`link add ${veth} type bridge\nlink delete ${veth}\n`.repeat(500));
    try {
      for (let round = 0; round < 40; round++) {
        kernel.createBridge(bridge, { mtu: 1400 });
        for (const { stdin } of others) stdin.write(`link delete ${bridge}\n`);
        await sleep(round % 3);
        kernel.deleteLink(bridge);
        assert.equal(kernel.linkIndex(bridge), undefined);
      }
    } finally {
      for (const program of programs) program.kill();
      await Promise.all(programs.map((program) => once(program, "exit")));
      kernel.deleteLink(veth);
    }
  });

  it("puts one end of a veth into another network namespace, with address and default route", async () => {
    const kernel = loadKernel();
    kernel.createBridge(bridge, { mtu: 1400 });
    const child = await isolated();
    try {
      await kernel.attachVeth({
        pid: child.pid,
        hostName: veth,
        bridge,
        name: "eth0",
        cidr: "10.168.7.2/24",
        gateway: "10.168.7.1",
        mac: "02:42:0a:db:07:02",
        mtu: 1400,
      });
      assert.equal(readlinkSync(`/sys/class/net/${veth}/master`).split("/").at(-1), bridge);
      const inside = (file: string) => readFileSync(`/proc/${child.pid}/net/${file}`, "utf8");
      assert.match(inside("dev"), /eth0:/);
      assert.match(inside("route"), /^eth0\t00000000\t0107A80A\t0003/m);
      assert.match(inside("fib_trie"), /10\.168\.7\.2\n.*32 host LOCAL/);
      assert.match(inside("fib_trie"), /127\.0\.0\.1\n.*32 host LOCAL/);
    } finally {
      child.kill("SIGKILL");
      await once(child, "exit");
    }
  });

  it("names the request that failed", async () => {
    const hostName = `${veth}x`;
    const request = { hostName, bridge: "lo", name: "eth0", cidr: "10.0.0.2/24", mtu: 1400 };
    await assert.rejects(loadKernel().attachVeth({ ...request, pid: 2 ** 22 + 1 }), {
      code: "SYSCALL_FAILED",
      detail: { syscall: "open", errno: "ENOENT", path: `/proc/${2 ** 22 + 1}/ns/net` },
    });
    assert.throws(() => loadKernel().addAddress("lo", "10.0.0.300/8"), {
      message: "inet_pton 10.0.0.300/8: EINVAL",
    });
    assert.equal(existsSync(`/sys/class/net/${hostName}`), false);
  });

  it("knows the MTU of the default route's link", () => {
    const line = /^(\S+)\t00000000\t/m.exec(readFileSync("/proc/net/route", "utf8"));
    if (line?.[1] === undefined) return assert.equal(loadKernel().defaultRouteMtu(), undefined);
    assert.equal(loadKernel().defaultRouteMtu(), Number(field(line[1], "mtu")));
  });
});
