import assert from "node:assert/strict";
import {
  type Address,
  formatAddress,
  formatSubnet,
  gatewayOf,
  lowestFree,
  macOf,
  overlaps,
  parseAddress,
  parseSubnet,
} from "../../../runtime/network/addresses.ts";
import {
  candidateSubnets,
  parseRoutes,
  parseRoutes6,
  uniqueLocalSubnets,
} from "../../../runtime/network/candidates.ts";

const address = (text: string): Address => parseAddress(text) ?? assert.fail(text);

describe("runtime/network/addresses", () => {
  for (const [text, want] of [
    ["172.20.3.4/16", "172.20.0.0/16"],
    ["10.0.0.0/8", "10.0.0.0/8"],
    ["255.255.255.255/30", "255.255.255.252/30"],
    ["2001:0DB8:1::9/64", "2001:db8:1::/64"],
    ["fd00::ffff:1.2.3.4/112", "fd00::ffff:102:0/112"],
    ["::/8", "::/8"],
  ] as const) {
    it(`reads the network ${text}`, () => assert.equal(formatSubnet(parseSubnet(text)), want));
  }
  const wrong4 = ["10.0.0.0", "10.0.0/8", "10.0.0.256/8", "10.0.0.0/33", "10.0.0.0/31", "x/8"];
  const wrong6 = ["fd00::", "fd00::/127", "fd00::/129", "fd00::%eth0/64", "fd00:::/64"];
  for (const text of [...wrong4, ...wrong6]) {
    it(`refuses the network ${text}`, () =>
      assert.throws(() => parseSubnet(text), { code: "OPTION_INVALID" }));
  }
  for (const [a, b, want] of [
    ["10.0.0.0/8", "10.5.0.0/16", true],
    ["10.5.0.0/16", "10.0.0.0/8", true],
    ["10.4.0.0/16", "10.5.0.0/16", false],
    ["fd00::/8", "fd00:1::/64", true],
    ["fd00:1::/64", "fd00:1:0:1::/64", false],
    ["::/8", "0.0.0.0/8", false],
  ] as const) {
    it(`says whether ${a} and ${b} overlap`, () =>
      assert.equal(overlaps(parseSubnet(a), parseSubnet(b)), want));
  }
  it("gives the lowest address that is free, never network, gateway or broadcast", () => {
    const subnet = parseSubnet("10.0.0.0/29");
    const gateway = gatewayOf(subnet);
    const given: Address[] = [];
    for (
      let next = lowestFree(subnet, [gateway]);
      next !== undefined;
      next = lowestFree(subnet, [gateway, ...given])
    )
      given.push(next);
    assert.deepEqual(given.map(formatAddress), ["10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5", "10.0.0.6"]);
  });
  it("gives the last address of an IPv6 network too, and keeps to a range", () => {
    const subnet = parseSubnet("fd00::/126");
    const free = lowestFree(subnet, ["fd00::1", "fd00::2"].map(address));
    assert.equal(free === undefined ? "" : formatAddress(free), "fd00::3");
    assert.equal(lowestFree(subnet, ["fd00::1", "fd00::2", "fd00::3"].map(address)), undefined);
    const ranged = lowestFree(parseSubnet("fd00::/64"), [], parseSubnet("fd00::a:0/112", 0));
    assert.equal(ranged === undefined ? "" : formatAddress(ranged), "fd00::a:0");
  });
  it("makes a MAC address of an address", () => {
    assert.equal(macOf(address("172.20.0.2")), "02:42:ac:14:00:02");
  });
  it("reads the routes of a host", () => {
    const text = [
      "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT",
      "eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0",
      "docker0\t00001EAC\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0",
      "eth0\t010200C0\t00000000\t0005\t0\t0\t0\tFFFFFFFF\t0\t0\t0",
      "",
    ].join("\n");
    assert.deepEqual(parseRoutes(text).map(formatSubnet), ["172.30.0.0/24", "192.0.2.1/32"]);
  });
  it("reads the IPv6 routes of a host", () => {
    const rest = "00000000000000000000000000000000 00 fd000000000000000000000000000001 00000400 1 0 00000003";
    const text = [
      `00000000000000000000000000000000 00 ${rest} eth0`,
      `fd000000000000000000000000000000 40 ${rest} eth0`,
      `fd000000000000000000000000000002 80 ${rest} lo`,
      "",
    ].join("\n");
    assert.deepEqual(parseRoutes6(text).map(formatSubnet), ["fd00::/64", "fd00::2/128"]);
    assert.deepEqual(parseRoutes6(""), []);
  });
  it("has unique local networks for each site", () => {
    const [[first], [second]] = [uniqueLocalSubnets("a"), uniqueLocalSubnets("b")];
    assert.ok(first !== undefined && second !== undefined);
    assert.match(formatSubnet(first), /^fd[0-9a-f]{2}:[0-9a-f:]+::\/64$/);
    assert.ok(!overlaps(first, second));
  });
  it("offers candidates that do not overlap", () => {
    const all = [...candidateSubnets(), ...uniqueLocalSubnets("a")];
    assert.ok(all.every((a, i) => all.slice(i + 1).every((b) => !overlaps(a, b))));
  });
});
