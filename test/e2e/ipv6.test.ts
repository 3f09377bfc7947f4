import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { promisify } from "node:util";
import { parseAddress } from "../../runtime/network/addresses.ts";
import { requiresCommand } from "../support/requires.ts";
import { servedPage } from "../support/served-page.ts";
import { Slipway } from "./support/slipway.ts";

const PAGE = "mkdir -p /www; echo page >/www/index.html; exec httpd -f -p 80 -h /www";

/** Prints what is at an address. */
const FETCH = `
  fetch(process.argv[1], { signal: AbortSignal.timeout(3000) })
    .then((answer) => answer.text(), () => "unreachable")
    .then((text) => process.stdout.write(text));
`;

interface Endpoint {
  readonly IPAMConfig: object | null;
  readonly IPAddress: string;
  readonly IPv6Gateway: string;
  readonly GlobalIPv6Address: string;
  readonly GlobalIPv6PrefixLen: number;
}

describe("networks with IPv6", () => {
  let slipway: Slipway;
  before(async function () {
    requiresCommand(this, "nft");
    if (!existsSync("/proc/sys/net/ipv6")) this.skip();
    slipway = await Slipway.open(this);
    await ok("network", "create", "--ipv6", "--subnet", "2001:db8:41::/64", "six");
  });
  after(() => slipway?.[Symbol.asyncDispose]());

  const ok = (...argv: string[]) => slipway.ok(argv);
  const start = (name: string, ...flags: string[]) =>
    ok("run", "-d", "--name", name, "--network", "six", ...flags, "busybox", "sh", "-c", PAGE);
  const inside = (name: string, ...command: string[]) => slipway.run(["exec", name, ...command]);
  const endpoint = async (name: string, network = "six"): Promise<Endpoint> =>
    JSON.parse(await ok("inspect", "-f", `{{json (index .NetworkSettings.Networks "${network}")}}`, name));
  const ipam = async (name: string) =>
    JSON.parse(await ok("network", "inspect", "-f", "{{json .IPAM.Config}}", name));
  const reaches = async (name: string, address: string) =>
    (await inside(name, "ping", "-6", "-c", "1", "-W", "2", address)).code === 0;

  it("have the subnets asked for, and those chosen for the family that was not", async () => {
    const [asked, chosen] = await ipam("six");
    assert.deepEqual(asked, { Subnet: "2001:db8:41::/64" });
    assert.match(chosen.Subnet, /^[0-9.]+\/\d+$/);
    await ok("network", "create", "--ipv6", "local");
    await ok("network", "create", "--ipv6", "local2");
    const [[four, six], [, other]] = [await ipam("local"), await ipam("local2")];
    assert.match(four.Subnet, /^[0-9.]+\/\d+$/);
    assert.match(six.Subnet, /^fd[0-9a-f:]+::\/64$/);
    assert.equal(six.Gateway, six.Subnet.replace("/64", "1"));
    assert.notEqual(six.Subnet, other.Subnet);
    assert.equal(
      await ok("network", "ls", "-f", "name=local2", "--format", "{{.IPv4}} {{.IPv6}}"),
      "true true",
    );
    await ok("network", "rm", "local", "local2");
    const both = ["--subnet", "10.167.0.0/24", "--subnet", "2001:db8:42::/64", "--gateway", "2001:db8:42::9"];
    await ok("network", "create", "--ipv6", ...both, "--aux-address", "r=2001:db8:42::2", "both");
    assert.deepEqual(await ipam("both"), [
      { Subnet: "10.167.0.0/24" },
      {
        Subnet: "2001:db8:42::/64",
        Gateway: "2001:db8:42::9",
        AuxiliaryAddresses: { r: "2001:db8:42::2" },
      },
    ]);
    await ok("network", "rm", "both");
  });

  it("give containers an address of each family, a way out, names for both and lines in /etc/hosts", async () => {
    await start("one");
    await start("two", "--ip6", "2001:db8:41::0:77", "--network-alias", "twin");
    const [one, two] = [await endpoint("one"), await endpoint("two")];
    assert.deepEqual(
      [one.GlobalIPv6Address, one.GlobalIPv6PrefixLen, one.IPv6Gateway],
      ["2001:db8:41::2", 64, "2001:db8:41::1"],
    );
    assert.equal(two.GlobalIPv6Address, "2001:db8:41::77");
    assert.deepEqual(two.IPAMConfig, { IPv6Address: "2001:db8:41::0:77" });
    assert.match((await inside("two", "cat", "/etc/hosts")).out, /^2001:db8:41::77\t/m);
    assert.ok(await reaches("one", "2001:db8:41::77"));
    assert.ok(await reaches("one", "2001:db8:41::1"));
    assert.match((await inside("one", "ip", "-6", "route")).out, /^default via 2001:db8:41::1 dev eth0/m);

    const { out } = await inside("one", "nslookup", "twin", "127.0.0.11");
    assert.ok(out.includes(two.IPAddress) && out.includes("2001:db8:41::77"), out);
    const value = parseAddress("2001:db8:41::77")?.value ?? 0n;
    const digits = value.toString(16).padStart(32, "0").split("").reverse().join(".");
    const reverse = await inside("one", "nslookup", "-type=ptr", `${digits}.ip6.arpa`, "127.0.0.11");
    assert.match(reverse.out, /name = two\.six$/m);
    assert.ok(await reaches("one", "twin"));
    const members = Object.values<{ Name: string; IPv6Address: string }>(
      JSON.parse(await ok("network", "inspect", "-f", "{{json .Containers}}", "six")),
    );
    assert.deepEqual(members.map(({ Name, IPv6Address }) => `${Name} ${IPv6Address}`).sort(), [
      "one 2001:db8:41::2/64",
      "two 2001:db8:41::77/64",
    ]);
  });

  it("are left and joined while a container runs, whose ways out follow", async () => {
    await ok("network", "create", "four");
    await ok("run", "-d", "--name", "mover", "--network", "four", "busybox", "sleep", "600");
    const routes = async () => (await inside("mover", "ip", "-6", "route")).out;
    const links = async () =>
      (await inside("mover", "sh", "-c", "awk '{ print $6 }' /proc/net/if_inet6 | sort -u")).out;
    assert.doesNotMatch(await routes(), /^default/m);
    assert.equal((await links()).trim(), "lo", "no address that a link gave itself");
    await ok("network", "connect", "--ip6", "2001:db8:41::88", "six", "mover");
    assert.match(await routes(), /^default via 2001:db8:41::1 dev eth1/m);
    assert.ok(await reaches("mover", "2001:db8:41::77"));
    assert.deepEqual((await links()).trim().split("\n"), ["eth1", "lo"]);
    await ok("network", "disconnect", "six", "mover");
    assert.doesNotMatch(await routes(), /2001:db8:41/);
    assert.equal(
      (await inside("one", "nslookup", "mover", "127.0.0.11")).out.includes("2001:db8:41::88"),
      false,
    );
    await ok("rm", "-f", "mover");
    await ok("network", "rm", "four");
  });

  it("publish ports on the IPv6 addresses of this host", async () => {
    const id = await start("web", "-p", "80", "-p", "[2001:db8:41::1]::80");
    const lines = (await ok("port", id)).split("\n");
    const ports = lines.map((line) => /^80\/tcp -> (.*):(\d+)$/.exec(line)?.slice(1) ?? []);
    assert.deepEqual(
      ports.map(([host]) => host),
      ["0.0.0.0", "[::]", "[2001:db8:41::1]"],
    );
    const [[, any], [, same], [, named]] = ports as [string[], string[], string[]];
    assert.equal(any, same);
    assert.equal(await servedPage(`127.0.0.1:${any}`), "page\n");
    assert.equal(await servedPage(`[2001:db8:41::1]:${same}`), "page\n");
    assert.equal(await servedPage(`[2001:db8:41::1]:${named}`), "page\n");
    assert.match(
      await ok("ps", "-f", "name=web", "--format", "{{.Ports}}"),
      new RegExp(`\\[::\\]:${any}->80/tcp`),
    );
    // What another network's container reaches of it are its published ports, and nothing else.
    await ok("network", "create", "--ipv6", "apart");
    await ok("run", "-d", "--name", "other", "--network", "apart", "busybox", "sleep", "600");
    const pid = await ok("inspect", "-f", "{{.State.Pid}}", "other");
    const apart = async (host: string) => {
      const args = [`--net=/proc/${pid}/ns/net`, process.execPath, "-e", FETCH, `http://${host}/`];
      return (await promisify(execFile)("nsenter", args)).stdout;
    };
    assert.equal(await apart(`[2001:db8:41::1]:${any}`), "page\n");
    const { GlobalIPv6Address } = await endpoint("web");
    assert.equal(await apart(`[${GlobalIPv6Address}]:80`), "unreachable");
    await ok("rm", "-f", "web", "other");
    await ok("network", "rm", "apart");
  });

  it("honour sysctls of IPv6", async () => {
    const run = ["run", "--rm", "--network", "six", "--sysctl", "net.ipv6.conf.all.hop_limit=17", "busybox"];
    assert.equal(await ok(...run, "cat", "/proc/sys/net/ipv6/conf/all/hop_limit"), "17");
  });

  const refusals: readonly (readonly [argv: string, message: RegExp])[] = [
    ["network create --subnet 2001:db8:43::/64 x", /the subnet 2001:db8:43::\/64 needs a network with IPv6/],
    ["network create --ipv6 --subnet 2001:db8:43::1/64 x", /it should be 2001:db8:43::\/64/],
    [
      "network create --ipv6 --subnet 2001:db8:41::/48 x",
      /Pool overlaps .* 2001:db8:41::\/64 of network six/,
    ],
    [
      "network create --ipv6 --subnet 2001:db8:43::/64 --gateway 2001:db8:44::1 x",
      /no matching subnet for gateway 2001:db8:44::1/,
    ],
    [
      "network create --ipv6 --gateway fd00::1 x",
      /every ip-range or gateway must have a corresponding subnet/,
    ],
    ["network create --ipv4=false --ipv6 x", /--ipv4 is not supported/],
    ["run --rm --network six --ip6 2001:db8:41::1 busybox", /Address already in use: 2001:db8:41::1/],
    ["run --rm --network six --ip6 2001:db8:49::1 busybox", /no configured subnet .* 2001:db8:49::1/],
    ["run --rm --network six --ip6 10.0.0.1 busybox", /invalid IPv6 address: 10\.0\.0\.1/],
    ["run --rm -p [::1]:8080:80 busybox", /publishing on ::1, .* is not supported/],
    ["run --rm -p [fd00::1]:8080:80 busybox", /IPv6 address fd00::1 for a container without one is not/],
  ];
  it("say what cannot be", async () => {
    for (const [argv, message] of refusals) {
      const { code, err } = await slipway.run(argv.split(" "));
      assert.notEqual(code, 0, argv);
      assert.match(err, message, argv);
    }
  });

  it("leave nothing on this host, and believe no router among the containers", async () => {
    const id = await ok("network", "inspect", "-f", "{{.Id}}", "six");
    const link = `br-${id.slice(0, 12)}`;
    const setting = (of: string, name: string) =>
      readFileSync(`/proc/sys/net/ipv6/conf/${of}/${name}`, "latin1").trim();
    assert.deepEqual([setting(link, "accept_ra"), setting(link, "disable_ipv6")], ["0", "0"]);
    await ok("network", "create", "four");
    const four = await ok("network", "inspect", "-f", "{{.Id}}", "four");
    assert.equal(setting(`br-${four.slice(0, 12)}`, "disable_ipv6"), "1");
    await ok("network", "rm", "four");
    await ok("rm", "-f", "one", "two");
    await ok("network", "rm", "six");
    const { stdout } = await promisify(execFile)("nft", ["list", "tables"]);
    assert.ok(!stdout.includes(link), stdout);
    assert.ok(!existsSync(`/sys/class/net/${link}`));
  });
});
