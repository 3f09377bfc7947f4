import assert from "node:assert/strict";
import { after, before, describe, it } from "mocha";
import type { Document } from "../../core/document.ts";
import { describedRoutes, openPath } from "../../scripts/api-description.ts";
import { OPERATIONS } from "./recorded/api-1.51.ts";
import { DaemonRig } from "./support/daemon-rig.ts";

/** A value that asks for something, for every field, and what it needs beside it. */
const HOST_CONFIG: Readonly<Record<string, { readonly value: unknown; readonly with?: Document }>> = {
  CpuShares: { value: 512 },
  Memory: { value: 64 << 20 },
  CgroupParent: { value: "/inventory" },
  BlkioWeight: { value: 300 },
  BlkioWeightDevice: { value: [{ Path: "/dev/sda", Weight: 100 }] },
  BlkioDeviceReadBps: { value: [{ Path: "/dev/sda", Rate: 1000 }] },
  BlkioDeviceWriteBps: { value: [{ Path: "/dev/sda", Rate: 1000 }] },
  BlkioDeviceReadIOps: { value: [{ Path: "/dev/sda", Rate: 1000 }] },
  BlkioDeviceWriteIOps: { value: [{ Path: "/dev/sda", Rate: 1000 }] },
  CpuPeriod: { value: 50_000 },
  CpuQuota: { value: 25_000 },
  CpuRealtimePeriod: { value: 1_000_000 },
  CpuRealtimeRuntime: { value: 950_000 },
  CpusetCpus: { value: "0" },
  CpusetMems: { value: "0" },
  Devices: { value: [{ PathOnHost: "/dev/null", PathInContainer: "/dev/nil", CgroupPermissions: "r" }] },
  DeviceCgroupRules: { value: ["c 1:3 r"] },
  DeviceRequests: { value: [{ Driver: "nvidia", Count: -1, Capabilities: [["gpu"]] }] },
  KernelMemoryTCP: { value: 1 << 20 },
  MemoryReservation: { value: 32 << 20 },
  MemorySwap: { value: 128 << 20, with: { Memory: 64 << 20 } },
  MemorySwappiness: { value: 10 },
  NanoCpus: { value: 500_000_000 },
  OomKillDisable: { value: true, with: { Memory: 64 << 20 } },
  Init: { value: true },
  PidsLimit: { value: 100 },
  Ulimits: { value: [{ Name: "nofile", Soft: 100, Hard: 200 }] },
  CpuCount: { value: 1 },
  CpuPercent: { value: 50 },
  IOMaximumIOps: { value: 10 },
  IOMaximumBandwidth: { value: 10 },
  Binds: { value: ["/tmp:/mnt:ro"] },
  LogConfig: { value: { Type: "json-file", Config: { "max-size": "1m" } } },
  NetworkMode: { value: "none" },
  PortBindings: { value: { "80/tcp": [{ HostIp: "127.0.0.1", HostPort: "" }] } },
  RestartPolicy: { value: { Name: "on-failure", MaximumRetryCount: 3 } },
  AutoRemove: { value: true },
  VolumeDriver: { value: "elsewhere" },
  VolumesFrom: { value: ["inventory-other:ro"] },
  Mounts: { value: [{ Type: "tmpfs", Target: "/mnt", ReadOnly: true }] },
  ConsoleSize: { value: [43, 132] },
  Annotations: { value: { "org.example.key": "value" } },
  CapAdd: { value: ["CAP_NET_ADMIN"] },
  CapDrop: { value: ["CAP_CHOWN"] },
  CgroupnsMode: { value: "host" },
  Dns: { value: ["10.1.2.3"] },
  DnsOptions: { value: ["ndots:2"] },
  DnsSearch: { value: ["example.org"] },
  ExtraHosts: { value: ["name:10.1.2.3"] },
  GroupAdd: { value: ["7"] },
  IpcMode: { value: "shareable" },
  Cgroup: { value: "container:x" },
  Links: { value: ["inventory-other:other"] },
  OomScoreAdj: { value: 100 },
  PidMode: { value: "host" },
  Privileged: { value: true },
  PublishAllPorts: { value: true },
  ReadonlyRootfs: { value: true },
  SecurityOpt: { value: ["no-new-privileges"] },
  StorageOpt: { value: { size: "1G" } },
  Tmpfs: { value: { "/mnt": "size=1m" } },
  UTSMode: { value: "host" },
  UsernsMode: { value: "host" },
  ShmSize: { value: 1 << 20 },
  Sysctls: { value: { "net.ipv4.ip_forward": "1" } },
  Runtime: { value: "elsewhere" },
  Isolation: { value: "hyperv" },
  MaskedPaths: { value: ["/proc/kcore"] },
  ReadonlyPaths: { value: ["/proc/sys"] },
};

/** Without ArgsEscaped, which is of Windows, and NetworkDisabled, which is told as a mode of the network. */
const CONFIG: Document = {
  Hostname: "inventory",
  Domainname: "example.org",
  User: "7",
  AttachStdin: true,
  AttachStdout: true,
  AttachStderr: true,
  ExposedPorts: { "80/tcp": {} },
  Tty: true,
  OpenStdin: true,
  StdinOnce: true,
  Env: ["A=b"],
  Cmd: ["true"],
  Healthcheck: { Test: ["CMD", "true"], Retries: 2 },
  Volumes: { "/mnt": {} },
  WorkingDir: "/tmp",
  Entrypoint: ["true"],
  MacAddress: "02:00:00:00:00:01",
  OnBuild: ["RUN true"],
  Labels: { a: "b" },
  StopSignal: "SIGINT",
  StopTimeout: 3,
  Shell: ["sh"],
};
/** Of a connection to a network; what only tells how it is says nothing about what shall be. */
const ENDPOINT: Document = {
  IPAMConfig: { LinkLocalIPs: ["169.254.34.68"] },
  Links: ["inventory-other:other"],
  Aliases: ["alias"],
  DriverOpts: { "com.docker.network.endpoint.sysctls": "net.ipv4.conf.IFNAME.forwarding=1" },
  GwPriority: 5,
};

describe("everything of Docker Engine API 1.51 is served or refused by its name:", () => {
  const routes = describedRoutes();
  for (const row of OPERATIONS)
    it(row, () => {
      const [operation = "", query = ""] = row.split("?");
      const [method = "", path = ""] = operation.split(" ");
      // Names of parameters in a path are nobody's business.
      const shape = (text: string): string => openPath(text).replaceAll(/\{\w+\}/g, "{}");
      const found = routes.find((route) => route.method === method && shape(route.path) === shape(path));
      assert.ok(found !== undefined, "there is no such route");
      const known = Object.keys((found.query as { readonly shape?: object } | undefined)?.shape ?? {});
      assert.deepEqual(
        query.split("&").filter((name) => name !== "" && !known.includes(name)),
        [],
      );
    });
});

describe("every field of a container that is created is honoured or refused by its name:", () => {
  let daemon: DaemonRig;
  before(async function () {
    daemon = await DaemonRig.open(this);
    await create({ Cmd: ["true"] }, "inventory-other");
  });
  after(() => daemon?.[Symbol.asyncDispose]());

  const create = async (body: Document, name = "") =>
    daemon.request("POST", `/containers/create?name=${name}`, {
      body: JSON.stringify({ Image: "busybox", ...body }),
    });

  /** Either the container has it, or the refusal names it. */
  async function isHonouredOrNamed(
    field: string,
    body: Document,
    where: "Config" | "HostConfig",
  ): Promise<void> {
    const { status, text } = await create(body);
    if (status === 400) return assert.match(text, new RegExp(`\\b${field}\\b`));
    assert.equal(status, 201, text);
    const { Id } = JSON.parse(text) as { readonly Id: string };
    const inspected = JSON.parse((await daemon.request("GET", `/containers/${Id}/json`)).text) as Document;
    const asked = (body[where] ?? body) as Document;
    const found = inspected[where] as Document;
    assert.deepEqual(found[field], asked[field]);
  }

  for (const [field, { value, with: more }] of Object.entries(HOST_CONFIG))
    it(`HostConfig.${field}`, () =>
      isHonouredOrNamed(field, { HostConfig: { ...more, [field]: value } }, "HostConfig"));
  for (const [field, value] of Object.entries(CONFIG))
    it(field, () => isHonouredOrNamed(field, { [field]: value }, "Config"));
  // The client writes that file.
  it("HostConfig.ContainerIDFile is the client's own", async () =>
    assert.equal((await create({ HostConfig: { ContainerIDFile: "/tmp/id" } })).status, 201));
  for (const [field, value] of Object.entries(ENDPOINT))
    it(`NetworkingConfig.EndpointsConfig.${field}`, async () => {
      const body = { NetworkingConfig: { EndpointsConfig: { bridge: { [field]: value } } } };
      const { status, text } = await create(body);
      if (status === 400)
        return assert.match(text, /LinkLocalIPs|DriverOpts|user-defined networks|not supported/, text);
      assert.equal(status, 201, text);
    });
  it("nothing else is taken", async () => {
    const { status, text } = await create({ HostConfig: { NoSuchField: 1 } });
    assert.equal(status, 400, text);
    assert.match(text, /HostConfig\.NoSuchField is not supported/);
  });
});
