import assert from "node:assert/strict";
import { digestOf } from "../../core/digest.ts";
import { runCli } from "./support/run-cli.ts";

const ago = (ms: number) => new Date(Date.now() - ms).toISOString();
/** Hours and days, so that the time a whole run of the tests takes makes no difference. */
const HOUR = 3_600_000;

const container = (over: object) => ({
  id: "6b3a0178cb3c4eaa9f82a1dd8a22bc0f32d6866b71a507d4994e3bf19d536743",
  name: "brisk_noether",
  createdAt: ago(3 * HOUR),
  imageId: digestOf("image"),
  layers: [],
  path: "sleep",
  args: ["1000"],
  config: {
    Image: "debian:bookworm",
    Labels: { a: "1", b: "2" },
    ExposedPorts: { "80/tcp": {}, "90/tcp": {} },
  },
  hostConfig: { PortBindings: { "80/tcp": [{ HostIp: "", HostPort: "8080" }] }, NetworkMode: "default" },
  mounts: [
    {
      type: "bind",
      source: "/a/long/path/of/a/bind",
      destination: "/x",
      mode: "",
      rw: true,
      propagation: "",
    },
    { type: "volume", name: "data", source: "/v", destination: "/y", mode: "", rw: true, propagation: "" },
  ],
  endpoints: [
    {
      network: "bridge",
      ports: [{ protocol: "tcp", hostAddress: "0.0.0.0", hostPort: 8080, containerPort: 80 }],
    },
  ],
  state: {
    status: "running",
    pid: 7,
    exitCode: 0,
    error: "",
    oomKilled: false,
    startedAt: ago(2 * HOUR),
  },
  ...over,
});
const exited = container({
  id: "d71c96f85ed1b4e7038f61ac3336bfeda169e1b665402280ebe1955ac46d70af",
  name: "old",
  path: "/bin/sh",
  args: ["-c", "echo one two three four"],
  state: {
    status: "exited",
    pid: 0,
    exitCode: 3,
    error: "",
    oomKilled: false,
    finishedAt: ago(5 * HOUR),
  },
});

describe("ps", () => {
  const answers = {
    "containers.list": [container({}), exited],
    "containers.size": { written: 1500, total: 164_000_000 },
  };
  const ps = (...argv: string[]) => runCli(["ps", ...argv], { answers });

  it("prints docker's table", async () => {
    const table = `
CONTAINER ID   IMAGE             COMMAND                  CREATED       STATUS                   PORTS                          NAMES
6b3a0178cb3c   debian:bookworm   "sleep 1000"             3 hours ago   Up 2 hours               0.0.0.0:8080->80/tcp, 90/tcp   brisk_noether
d71c96f85ed1   debian:bookworm   "/bin/sh -c 'echo on…"   3 hours ago   Exited (3) 5 hours ago                                  old
`;
    assert.equal(`\n${(await ps("-a")).out}`, table);
  });

  const formats: readonly [argv: readonly string[], out: string][] = [
    [["-q"], "6b3a0178cb3c\nd71c96f85ed1\n"],
    [["-q", "--no-trunc"], `${container({}).id}\n${exited.id}\n`],
    [["--format", "{{.Names}}: {{.State}}"], "brisk_noether: running\nold: exited\n"],
    [["--format", '{{.Label "b"}} {{.Labels}}'], "2 a=1,b=2\n2 a=1,b=2\n"],
    [["--format", "{{.Mounts}} {{.LocalVolumes}}"], "/a/long/path/o…,data 1\n/a/long/path/o…,data 1\n"],
    [["--format", "{{.Networks}}"], "bridge\nbridge\n"],
    [["--format", "{{.Size}}"], "1.5kB (virtual 164MB)\n1.5kB (virtual 164MB)\n"],
    [
      ["--format", "table {{.ID}}\\t{{.Names}}"],
      "CONTAINER ID   NAMES\n6b3a0178cb3c   brisk_noether\nd71c96f85ed1   old\n",
    ],
  ];
  for (const [argv, out] of formats) {
    it(`prints ${argv.join(" ")}`, async () => assert.equal((await ps(...argv)).out, out));
  }

  it("prints one JSON object a line with docker's keys", async () => {
    const [line = ""] = (await ps("--format", "json")).out.split("\n");
    const row = JSON.parse(line) as Record<string, string>;
    assert.deepEqual([row["Command"], row["ID"], row["Size"]], ['"sleep 1000"', "6b3a0178cb3c", "0B"]);
  });

  const queries: readonly [argv: readonly string[], query: object][] = [
    [[], { all: false, filters: {} }],
    [["-a"], { all: true, filters: {} }],
    [["-l"], { all: true, limit: 1, filters: {} }],
    [["-n", "3"], { all: true, limit: 3, filters: {} }],
    [["-f", "status=exited"], { all: true, filters: { status: ["exited"] } }],
    [["-f", "name=a", "-f", "name=b"], { all: false, filters: { name: ["a", "b"] } }],
  ];
  for (const [argv, query] of queries) {
    it(`asks for ${JSON.stringify(query)} with "${argv.join(" ")}"`, async () =>
      assert.deepEqual((await ps(...argv)).calls[0], ["containers.list", query]));
  }
});

describe("images", () => {
  const record = (name: string, tags: readonly string[]) => ({
    id: digestOf(name),
    manifest: {},
    layers: [],
    size: 164_047_917,
    createdAt: new Date(Date.now() - 2 * 24 * HOUR),
    tags,
    digests: [],
    lists: [],
  });
  const answers = {
    "images.list": [record("a", ["debian:12", "localhost:5000/debian:bookworm"]), record("b", [])],
  };
  const images = (...argv: string[]) => runCli(["images", ...argv], { answers });
  const short = (name: string) => digestOf(name).slice(7, 19);

  it("prints docker's table, a line for each tag", async () => {
    const table = `
REPOSITORY              TAG        IMAGE ID       CREATED      SIZE
debian                  12         ${short("a")}   2 days ago   164MB
localhost:5000/debian   bookworm   ${short("a")}   2 days ago   164MB
<none>                  <none>     ${short("b")}   2 days ago   164MB
`;
    assert.equal(`\n${(await images()).out}`, table);
  });
  it("prints every id once with -q", async () =>
    assert.equal((await images("-q")).out, `${short("a")}\n${short("b")}\n`));
  it("is one command under three names", async () => {
    const outs = await Promise.all(
      [["images"], ["image", "ls"], ["image", "list"]].map((argv) => runCli(argv, { answers })),
    );
    assert.equal(new Set(outs.map(({ out }) => out)).size, 1);
  });
});
