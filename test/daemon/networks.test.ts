import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { requiresCommand } from "../support/requires.ts";
import { DaemonRig, requiresDocker } from "./support/daemon-rig.ts";

/** What Docker Engine 28 answers, as its fields. */
const NETWORK =
  "Name Id Created Scope Driver EnableIPv4 EnableIPv6 IPAM Internal Attachable Ingress ConfigFrom ConfigOnly Containers Options Labels";
const ENDPOINT =
  "IPAMConfig Links Aliases MacAddress DriverOpts GwPriority NetworkID EndpointID Gateway IPAddress IPPrefixLen IPv6Gateway GlobalIPv6Address GlobalIPv6PrefixLen DNSNames";
const VOLUME = "CreatedAt Driver Labels Mountpoint Name Options Scope";
const fieldsOf = (document: object): string => Object.keys(document).join(" ");

describe("docker's client: networks and volumes", () => {
  let rig: DaemonRig;
  before(async function () {
    requiresDocker(this);
    requiresCommand(this, "nft");
    rig = await DaemonRig.open(this);
  });
  after(() => rig?.[Symbol.asyncDispose]());

  const fails = async (...argv: string[]) => (await rig.docker(argv)).err;
  const post = (path: string, body: object) =>
    rig.request("POST", `/v1.51${path}`, { body: JSON.stringify(body) });

  it("makes networks, connects containers to them, shows both as the engine does", async () => {
    const id = await rig.ok([
      "network",
      "create",
      ..."--subnet 10.154.0.0/24 --gateway 10.154.0.9 --ip-range 10.154.0.16/28 --aux-address r=10.154.0.17".split(
        " ",
      ),
      ..."--label a=b -o com.docker.network.driver.mtu=1400 back".split(" "),
    ]);
    await rig.ok(["network", "create", "front"]);
    assert.equal(await rig.ok(["network", "ls", "-qf", "name=back", "--no-trunc"]), id);
    const run =
      "run -d --name web --network name=back,alias=www,ip=10.154.0.20 --network front busybox sleep 600";
    await rig.ok(run.split(" "));
    const [network] = JSON.parse(await rig.ok(["network", "inspect", "back"]));
    assert.equal(fieldsOf(network), NETWORK);
    assert.deepEqual(network.IPAM, {
      Driver: "default",
      Options: {},
      Config: [
        {
          Subnet: "10.154.0.0/24",
          IPRange: "10.154.0.16/28",
          Gateway: "10.154.0.9",
          AuxiliaryAddresses: { r: "10.154.0.17" },
        },
      ],
    });
    assert.deepEqual(
      [network.Labels, network.Options],
      [{ a: "b" }, { "com.docker.network.driver.mtu": "1400" }],
    );
    const [member] = Object.values<{ Name: string; IPv4Address: string }>(network.Containers);
    assert.deepEqual([member?.Name, member?.IPv4Address], ["web", "10.154.0.20/24"]);

    const networks = JSON.parse(await rig.ok(["inspect", "-f", "{{json .NetworkSettings.Networks}}", "web"]));
    assert.deepEqual(Object.keys(networks).sort(), ["back", "front"]);
    assert.equal(fieldsOf(networks.back), ENDPOINT);
    assert.deepEqual(networks.back.IPAMConfig, { IPv4Address: "10.154.0.20" });
    assert.deepEqual(networks.back.Aliases, ["www"]);
    assert.deepEqual(networks.back.DNSNames.slice(0, 2), ["web", "www"]);

    await rig.ok(["network", "disconnect", "front", "web"]);
    await rig.ok(["network", "connect", "--alias", "again", "--gw-priority", "5", "front", "web"]);
    assert.equal(
      await rig.ok(["inspect", "-f", "{{.NetworkSettings.Networks.front.GwPriority}}", "web"]),
      "5",
    );
    await rig.ok(["rm", "-f", "web"]);
    assert.equal(await rig.ok(["network", "rm", "back"]), "back");
    assert.equal(await rig.ok(["network", "prune", "-f"]), "Deleted Networks:\nfront\n");
  });

  it("makes networks with IPv6 and shows them as the engine does", async function () {
    if (!existsSync("/proc/sys/net/ipv6")) this.skip();
    await rig.ok("network create --ipv6 --subnet 2001:db8:51::/64 --subnet 10.155.0.0/24 six".split(" "));
    const run = "run -d --name v6 --network six --ip6 2001:db8:51::77 -p 80 busybox sleep 600";
    await rig.ok(run.split(" "));
    const [network] = JSON.parse(await rig.ok(["network", "inspect", "six"]));
    assert.deepEqual([network.EnableIPv4, network.EnableIPv6], [true, true]);
    assert.deepEqual(network.IPAM.Config, [{ Subnet: "10.155.0.0/24" }, { Subnet: "2001:db8:51::/64" }]);
    const [member] = Object.values<{ IPv4Address: string; IPv6Address: string }>(network.Containers);
    assert.deepEqual([member?.IPv4Address, member?.IPv6Address], ["10.155.0.2/24", "2001:db8:51::77/64"]);
    const { six } = JSON.parse(await rig.ok(["inspect", "-f", "{{json .NetworkSettings.Networks}}", "v6"]));
    assert.deepEqual(
      [six.IPAMConfig, six.GlobalIPv6Address, six.GlobalIPv6PrefixLen, six.IPv6Gateway],
      [{ IPv6Address: "2001:db8:51::77" }, "2001:db8:51::77", 64, "2001:db8:51::1"],
    );
    assert.match(await rig.ok(["port", "v6"]), /^80\/tcp -> 0\.0\.0\.0:(\d+)\n80\/tcp -> \[::\]:\1$/);
    assert.match(await rig.ok(["ps", "-f", "name=v6", "--format", "{{.Ports}}"]), /, \[::\]:\d+->80\/tcp$/);
    assert.equal(await rig.ok("network ls -f name=six --format {{.IPv6}}".split(" ")), "true");
    await rig.ok(["rm", "-f", "v6"]);
    await rig.ok(["network", "rm", "six"]);
  });

  const refusals: readonly (readonly [argv: string, message: RegExp])[] = [
    ["network create bridge", /operation is not permitted on predefined bridge network/],
    ["network create --ipv4=false --ipv6 x", /EnableIPv4: false is not supported/],
    ["network create -d macvlan x", /network driver macvlan is not supported/],
    [
      "network create --subnet 10.1.0.0/16 --subnet 10.2.0.0/16 x",
      /a network with several subnets of one family is not supported/,
    ],
    ["network create --config-only x", /ConfigOnly is not supported/],
    ["network rm host", /host is a pre-defined network and cannot be removed/],
    ["network inspect nosuch", /network nosuch not found/],
    [
      "network connect --link-local-ip fd00::9 bridge nosuch",
      /EndpointConfig\.IPAMConfig\.LinkLocalIPs is not supported/,
    ],
    ["network connect --driver-opt a=b bridge nosuch", /EndpointConfig\.DriverOpts is not supported/],
    ["network connect bridge nosuch", /No such container: nosuch/],
    [
      "run --rm --network bridge --ip 10.9.0.1 busybox",
      /user specified IP address is supported on user defined networks only/,
    ],
    ["volume create -d nfs x", /volume driver nfs is not supported/],
    [
      "volume create -o type=nfs -o device=:/x -o o=addr=10.0.0.1 xx",
      /a volume of type=nfs is not supported/,
    ],
    ["volume create -o colour=red xx", /create xx: invalid option: "colour"/],
    ["volume create -o type=tmpfs xx", /create xx: missing required option: "device"/],
    ["volume inspect nosuch", /no such volume/],
  ];
  it("is told by name what cannot be", async () => {
    for (const [argv, message] of refusals) assert.match(await fails(...argv.split(" ")), message, argv);
  });

  const statuses: readonly (readonly [
    method: string,
    path: string,
    body: object | undefined,
    status: number,
  ])[] = [
    ["POST", "/networks/create", { Name: "n", CheckDuplicate: true, IPAM: null, Options: null }, 201],
    ["POST", "/networks/create", { Name: "n" }, 409],
    ["POST", "/networks/create", { Name: 5 }, 400],
    ["POST", "/networks/create", {}, 400],
    ["POST", "/networks/create", { Name: "bridge" }, 403],
    ["GET", "/networks?filters={%22nosuch%22:[%22x%22]}", undefined, 400],
    ["GET", "/networks/n?scope=swarm", undefined, 404],
    ["POST", "/networks/n/connect", {}, 400],
    ["POST", "/networks/n/connect", { Container: "nosuch" }, 404],
    ["POST", "/networks/n/disconnect", { Container: "nosuch" }, 404],
    ["POST", "/networks/n/disconnect", { Container: "nosuch", Force: true }, 200],
    ["DELETE", "/networks/bridge", undefined, 403],
    ["DELETE", "/networks/n", undefined, 204],
    ["DELETE", "/networks/n", undefined, 404],
    ["POST", "/volumes/create", { Name: "../x" }, 400],
    ["GET", "/volumes?filters={%22nosuch%22:[%22x%22]}", undefined, 400],
    ["DELETE", "/volumes/nosuch", undefined, 404],
    ["DELETE", "/volumes/nosuch?force=1", undefined, 204],
  ];
  it("gets the engine's status codes", async () => {
    for (const [method, path, body, status] of statuses) {
      const options = body === undefined ? {} : { body: JSON.stringify(body) };
      const answer = await rig.request(method, `/v1.51${path}`, options);
      assert.equal(answer.status, status, `${method} ${path}: ${answer.text}`);
    }
  });

  it("makes, lists, shows, and prunes volumes as the engine does", async () => {
    await rig.ok(["volume", "create", "--label", "a=b", "data"]);
    const unnamed = await rig.ok(["volume", "create"]);
    const { text } = await rig.request("GET", "/v1.51/volumes?filters={%22label%22:[%22a%22]}");
    const { Volumes, Warnings } = JSON.parse(text);
    assert.equal(Warnings, null);
    assert.deepEqual(Volumes, JSON.parse(await rig.ok(["volume", "inspect", "data"])));
    assert.equal(fieldsOf(Volumes[0]), VOLUME);
    await rig.ok(["create", "--name", "user", "-v", "data:/data", "busybox"]);
    assert.equal(await rig.ok(["volume", "ls", "-qf", "dangling=true"]), unnamed);
    const options = { device: "/srv", o: "bind,ro", type: "none" };
    const flags = Object.entries(options).flatMap(([key, value]) => ["-o", `${key}=${value}`]);
    for (const again of [flags, flags, []]) await rig.ok(["volume", "create", ...again, "bound"]);
    const shown = JSON.parse(await rig.ok(["volume", "inspect", "-f", "{{json .Options}}", "bound"]));
    assert.deepEqual(shown, options);
    assert.match(
      await rig.ok(["run", "--rm", "-v", "bound:/m", "busybox", "grep", " /m ", "/proc/mounts"]),
      / ro,/,
    );
    await rig.ok(["volume", "rm", "bound"]);
    assert.match(await fails("volume", "rm", "data"), /volume is in use/);
    assert.match(await rig.ok(["volume", "prune", "-f"]), new RegExp(`^Deleted Volumes:\n${unnamed}\n`));
    await rig.ok(["rm", "user"]);
    assert.match(
      await rig.ok(["volume", "prune", "-af", "--filter", "label!=a"]),
      /^Total reclaimed space: 0B/,
    );
    assert.match(
      await rig.ok(["volume", "prune", "-af", "--filter", "label=a"]),
      /^Deleted Volumes:\ndata\n/,
    );
  });

  it("takes what clients send that create containers in one step", async () => {
    const { status: made } = await post("/networks/create", {
      Name: "composed",
      Labels: { "com.docker.compose.network": "default", "com.docker.compose.project": "p" },
      Attachable: false,
      EnableIPv6: false,
    });
    assert.equal(made, 201);
    const { status, text } = await post("/containers/create?name=composed-web-1", {
      Image: "busybox",
      Cmd: ["sleep", "600"],
      HostConfig: { NetworkMode: "composed" },
      NetworkingConfig: {
        EndpointsConfig: {
          composed: {
            IPAMConfig: null,
            Links: null,
            Aliases: ["composed-web-1", "web"],
            MacAddress: "",
            DriverOpts: null,
            GwPriority: 0,
            NetworkID: "",
            EndpointID: "",
            IPPrefixLen: 0,
            DNSNames: null,
          },
        },
      },
    });
    assert.equal(status, 201, text);
    await rig.ok(["start", "composed-web-1"]);
    const { code } = await rig.docker([
      "run",
      "--rm",
      "--network",
      "composed",
      "busybox",
      "ping",
      "-c",
      "1",
      "web",
    ]);
    assert.equal(code, 0);
    await rig.ok(["rm", "-f", "composed-web-1"]);
    await rig.ok(["network", "rm", "composed"]);
  });
});
