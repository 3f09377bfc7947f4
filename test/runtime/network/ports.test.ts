import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import type { PublishedPort } from "../../../runtime/container-config.ts";
import { choosePorts } from "../../../runtime/network/free-ports.ts";
import { type PortRequest, portRequests } from "../../../runtime/network/ports.ts";

const request = (hostPorts: readonly number[], ...hostAddresses: readonly string[]): PortRequest => ({
  protocol: "tcp",
  containerPort: 80,
  hostAddresses: hostAddresses.length === 0 ? ["0.0.0.0"] : hostAddresses,
  hostPorts,
});

describe("runtime/network/ports", () => {
  it("reads bindings, ranges and exposed ports", () => {
    const PortBindings = {
      "80/tcp": [{ HostIp: "", HostPort: "8080" }],
      "53/udp": [{ HostIp: "127.0.0.1", HostPort: "" }],
      "90": [{ HostIp: "", HostPort: "9000-9002" }],
      "91/tcp": [],
    };
    assert.deepEqual(portRequests({ PortBindings, PublishAllPorts: true }, ["80/tcp", "443/tcp"]), [
      { protocol: "tcp", containerPort: 90, hostAddresses: ["0.0.0.0"], hostPorts: [9000, 9001, 9002] },
      { protocol: "tcp", containerPort: 80, hostAddresses: ["0.0.0.0"], hostPorts: [8080] },
      { protocol: "udp", containerPort: 53, hostAddresses: ["127.0.0.1"], hostPorts: [] },
      { protocol: "tcp", containerPort: 91, hostAddresses: ["0.0.0.0"], hostPorts: [] },
      { protocol: "tcp", containerPort: 443, hostAddresses: ["0.0.0.0"], hostPorts: [] },
    ]);
  });
  for (const [key, binding, message] of [
    ["x/tcp", {}, "invalid containerPort: x"],
    ["99999", {}, "invalid containerPort: 99999"],
    ["80/foo", {}, "invalid proto: foo"],
    ["80", { HostPort: "99999" }, "invalid hostPort: 99999"],
    ["80", { HostPort: "9-8" }, "invalid hostPort: 9-8"],
    ["80", { HostIp: "300.1.1.1" }, "invalid IP address: 300.1.1.1"],
    ["80", { HostIp: "fd00::1%eth0" }, "invalid IP address: fd00::1%eth0"],
    [
      "80",
      { HostIp: "0:0::1" },
      "publishing on ::1, whose packets the kernel keeps from every other link, is not supported",
    ],
  ] as const) {
    it(`refuses: ${message}`, () => {
      const PortBindings = { [key]: [{ HostIp: "", HostPort: "", ...binding }] };
      assert.throws(() => portRequests({ PortBindings, PublishAllPorts: false }, []), { message });
    });
  }

  it("publishes on IPv6 where the container has it", () => {
    const place = { hostAddresses: ["0.0.0.0", "::"], ipv6: true };
    const PortBindings = {
      "80": [
        { HostIp: "", HostPort: "8080" },
        { HostIp: "[FD00::0:1]", HostPort: "81" },
      ],
    };
    const read = portRequests({ PortBindings, PublishAllPorts: false }, [], place);
    assert.deepEqual(
      read.map(({ hostAddresses }) => hostAddresses),
      [["0.0.0.0", "::"], ["fd00::1"]],
    );
    assert.throws(
      () => portRequests({ PortBindings, PublishAllPorts: false }, [], { ...place, ipv6: false }),
      { message: "publishing on the IPv6 address fd00::1 for a container without one is not supported" },
    );
  });
  it("finds the same port on several addresses", async function () {
    if (!existsSync("/proc/sys/net/ipv6")) this.skip();
    const chosen = await choosePorts([request([], "0.0.0.0", "::")], []);
    assert.deepEqual(
      chosen.map(({ hostAddress }) => hostAddress),
      ["0.0.0.0", "::"],
    );
    const [first, second] = chosen;
    assert.ok(first !== undefined && first.hostPort === second?.hostPort);
    await using server = createServer();
    await once(server.listen({ port: first.hostPort, host: "::", ipv6Only: true }), "listening");
    await assert.rejects(choosePorts([request([first.hostPort], "0.0.0.0", "::")], []), {
      message: `failed to bind host port for [::]:${first.hostPort}:80/tcp: address already in use`,
    });
    await assert.rejects(choosePorts([request([first.hostPort], "::")], chosen), {
      message: `Bind for [::]:${first.hostPort} failed: port is already allocated`,
    });
  });
  it("finds a free port where any will do, and another for the next", async () => {
    const [first, second] = await choosePorts([request([]), request([])], []);
    assert.ok(first !== undefined && second !== undefined);
    assert.ok(first.hostPort > 1024 && second.hostPort > 1024 && first.hostPort !== second.hostPort);
  });
  it("takes the first of a range that neither a container nor a program has", async () => {
    await using server = createServer();
    await once(server.listen(0, "0.0.0.0"), "listening");
    const address = server.address();
    assert.ok(address !== null && typeof address === "object");
    const busy = address.port;
    const published: PublishedPort = {
      protocol: "tcp",
      hostAddress: "127.0.0.1",
      hostPort: busy + 1,
      containerPort: 1,
    };
    const range = [busy, busy + 1, busy + 2, busy + 3, busy + 4];
    const [chosen] = await choosePorts([request(range)], [published]);
    assert.ok(chosen !== undefined && chosen.hostPort > busy + 1);
    await assert.rejects(choosePorts([request([busy])], []), {
      message: `failed to bind host port for 0.0.0.0:${busy}:80/tcp: address already in use`,
    });
    await assert.rejects(choosePorts([request([busy + 1])], [published]), {
      message: `Bind for 0.0.0.0:${busy + 1} failed: port is already allocated`,
    });
  });
  it("refuses an address this host does not have", async () => {
    await assert.rejects(choosePorts([request([5000], "203.0.113.9")], []), {
      message: "failed to bind host port for 203.0.113.9:5000:80/tcp: cannot assign requested address",
    });
  });
});
