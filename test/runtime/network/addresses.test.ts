import assert from "node:assert/strict";
import {
  candidateSubnets,
  formatIpv4,
  formatSubnet,
  gatewayOf,
  lowestFree,
  macOf,
  overlaps,
  parseIpv4,
  parseRoutes,
  parseSubnet,
} from "../../../runtime/network/addresses.ts";

const address = (text: string): number => parseIpv4(text) ?? assert.fail(text);

describe("runtime/network/addresses", () => {
  for (const [text, want] of [
    ["172.20.3.4/16", "172.20.0.0/16"],
    ["10.0.0.0/8", "10.0.0.0/8"],
    ["255.255.255.255/30", "255.255.255.252/30"],
  ] as const) {
    it(`reads the network ${text}`, () => assert.equal(formatSubnet(parseSubnet(text)), want));
  }
  for (const text of ["10.0.0.0", "10.0.0/8", "10.0.0.256/8", "10.0.0.0/33", "10.0.0.0/31", "x/8", "::/8"]) {
    it(`refuses the network ${text}`, () =>
      assert.throws(() => parseSubnet(text), { code: "OPTION_INVALID" }));
  }
  for (const [a, b, want] of [
    ["10.0.0.0/8", "10.5.0.0/16", true],
    ["10.5.0.0/16", "10.0.0.0/8", true],
    ["10.4.0.0/16", "10.5.0.0/16", false],
  ] as const) {
    it(`says whether ${a} and ${b} overlap`, () =>
      assert.equal(overlaps(parseSubnet(a), parseSubnet(b)), want));
  }
  it("gives the lowest address that is free, never network, gateway or broadcast", () => {
    const subnet = parseSubnet("10.0.0.0/29");
    const gateway = gatewayOf(subnet);
    const given: number[] = [];
    for (
      let next = lowestFree(subnet, new Set([gateway]));
      next !== undefined;
      next = lowestFree(subnet, new Set([gateway, ...given]))
    )
      given.push(next);
    assert.deepEqual(given.map(formatIpv4), ["10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5", "10.0.0.6"]);
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
  it("offers candidates that do not overlap", () => {
    const all = candidateSubnets();
    assert.ok(all.every((a, i) => all.slice(i + 1).every((b) => !overlaps(a, b))));
  });
});
