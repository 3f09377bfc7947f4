import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import type { Document } from "../../core/document.ts";
import { Slipway } from "./support/slipway.ts";

/** `docker inspect` of Docker Engine 28.5 on a host with control groups v1, for the container of this test. */
const RECORDED = (
  JSON.parse(readFileSync(new URL("recorded/inspect-docker-28.json", import.meta.url), "utf8")) as Document[]
)[0] as Document;

/** Values that another engine, host or moment must have otherwise. Their names, places and types are compared still. */
const OWN = new Set(
  [
    "Id Created Pid StartedAt Image ResolvConfPath HostnamePath HostsPath LogPath Runtime CgroupnsMode",
    "HostPort Source Mode SandboxID SandboxKey EndpointID NetworkID Gateway IPAddress IPPrefixLen MacAddress",
  ].flatMap((names) => names.split(" ")),
);
/** Differences that are meant. */
const MEANT: Readonly<Record<string, string>> = {
  ".Driver": "the root's own",
  ".GraphDriver.Name": "the root's own",
  ".GraphDriver.Data": "layers are mounted inside the container only",
  ".Config.Env": "PATH is given to the process, it is not part of the configuration",
  '.NetworkSettings.Ports["80/tcp"]': "ports are published for IPv4 only",
};

function* differences(ours: unknown, theirs: unknown, path = ""): Generator<string> {
  if (MEANT[path] !== undefined) return;
  if (isObject(ours) && isObject(theirs)) {
    const keys = Object.keys(ours);
    if (keys.join() !== Object.keys(theirs).join())
      yield `${path}: keys ${keys.join()} instead of ${Object.keys(theirs).join()}`;
    for (const key of keys)
      yield* differences(ours[key], theirs[key], /^\w+$/.test(key) ? `${path}.${key}` : `${path}["${key}"]`);
  } else if (Array.isArray(ours) && Array.isArray(theirs) && ours.length === theirs.length) {
    for (const [index, value] of ours.entries())
      yield* differences(value, theirs[index], `${path}[${index}]`);
  } else if (OWN.has(path.replace(/^.*\./, ""))) {
    if (typeof ours !== typeof theirs) yield `${path}: ${typeof ours} instead of ${typeof theirs}`;
  } else if (JSON.stringify(ours) !== JSON.stringify(theirs)) {
    yield `${path}: ${JSON.stringify(ours)} instead of ${JSON.stringify(theirs)}`;
  }
}

const isObject = (value: unknown): value is Document =>
  typeof value === "object" && value !== null && !Array.isArray(value);

async function freePort(): Promise<number> {
  const server = createServer().listen(0);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

describe("inspect", () => {
  let slipway: Slipway;
  before(async function () {
    slipway = await Slipway.open(this);
  });
  after(() => slipway?.[Symbol.asyncDispose]());

  it("prints a running container as docker does: fields, their order, and values", async () => {
    const flags = `-p ${await freePort()}:80 -v /tmp:/x:ro -v vol1:/y --tmpfs /t -e A=b -l l=1 -m 100m --cpus 0.5 -w /srv -u 1:2 -h hh`;
    const more = "--cap-add NET_ADMIN --restart no --add-host a:1.2.3.4 --entrypoint sleep busybox 1000";
    await slipway.ok(["run", "-d", "--name", "i2", ...flags.split(" "), ...more.split(" ")]);
    const [ours] = JSON.parse(await slipway.ok(["inspect", "i2"])) as [Document];
    assert.deepEqual([...differences(ours, RECORDED)], []);
  });
  it("prints an empty list and an error for what is not there", async () =>
    assert.deepEqual(await slipway.run(["inspect", "nope"]), {
      code: 1,
      out: "[]\n",
      err: "Error: No such object: nope\n",
    }));
  it("prints what was found beside what was not", async () => {
    const { code, out } = await slipway.run(["inspect", "-f", "{{.Name}}", "nope", "i2"]);
    assert.deepEqual([code, out], [1, "/i2\n"]);
  });
});
