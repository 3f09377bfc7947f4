import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { createServer, request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, before, describe, it } from "mocha";
import { pack } from "tar-stream";
import { INLINE_FIELD } from "../../builder/cache/remote/document.ts";
import { eventually } from "../support/eventually.ts";
import { DaemonRig, requiresDocker } from "./support/daemon-rig.ts";

type Entry = Parameters<ReturnType<typeof pack>["entry"]>[0];

async function tarOf(entries: readonly (Entry & { readonly content?: string })[]): Promise<Buffer> {
  const tar = pack();
  for (const { content = "", ...entry } of entries) tar.entry(entry, content);
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
const dockerfile = (content: string) => ({ name: "Dockerfile", content });

describe("POST /build", () => {
  let daemon: DaemonRig;
  before(async function () {
    daemon = await DaemonRig.open(this);
  });
  after(() => daemon?.[Symbol.asyncDispose]());

  const headers = { "content-type": "application/x-tar" };
  const post = async (query: string, tar: Buffer, more: Readonly<Record<string, string>> = {}) => {
    const { status, text } = await daemon.request("POST", `/v1.51/build?${query}`, {
      body: tar,
      headers: { ...headers, ...more },
    });
    const messages = text
      .trim()
      .split("\r\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    return { status, messages, stream: messages.map(({ stream = "" }) => stream).join("") };
  };
  const leftovers = () => readdirSync(join(daemon.slipway.root, "ingest"));

  it("tells the classic builder's lines, with and without the cache", async () => {
    const tar = await tarOf([
      dockerfile(
        'ARG V=1\nFROM busybox AS base\nENV A=b\nRUN echo out\nCOPY f /f\nFROM base\nLABEL a=b\nCMD ["sh"]\n',
      ),
      { name: "f", content: "f" },
    ]);
    const lines = (stream: string) => stream.replace(/[0-9a-f]{12}/g, "<id>").split("\n");
    const first = await post("t=classic:1&buildid=one", tar);
    const plain = [
      "Step 1/8 : ARG V=1",
      " ---> ",
      "Step 2/8 : FROM busybox AS base",
      " ---> <id>",
      "Step 3/8 : ENV A=b",
      " ---> <id>",
      "Step 4/8 : RUN echo out",
      "out",
      " ---> <id>",
      "Step 5/8 : COPY f /f",
      " ---> <id>",
      "Step 6/8 : FROM base",
      " ---> <id>",
      "Step 7/8 : LABEL a=b",
      " ---> <id>",
      'Step 8/8 : CMD ["sh"]',
      " ---> <id>",
      "Successfully built <id>",
      "Successfully tagged classic:1",
      "",
    ];
    assert.deepEqual(lines(first.stream), plain);
    const [aux] = first.messages.flatMap(({ aux }) => (aux === undefined ? [] : [aux]));
    const { record } = await daemon.engine.images.get("classic:1");
    assert.deepEqual(aux, { ID: record.id });
    const again = await post("t=classic:1", tar);
    const cached = plain.flatMap((line) => {
      if (line === "out") return [" ---> Using cache"];
      return line.startsWith("Step 5/8") ? [line, " ---> Using cache"] : [line];
    });
    assert.deepEqual(lines(again.stream), cached);
    assert.deepEqual((await post("q=1", tar)).messages, [{ stream: `${record.id}\n` }]);
    assert.deepEqual(leftovers(), []);
  });

  it("honours arguments, labels, target, limits, names of files and networks", async () => {
    const tar = await tarOf([
      {
        name: "d/Other",
        content:
          "FROM busybox AS one\nARG A=x\nARG B=y\nRUN echo $A $B $(ulimit -n) > /f\nFROM busybox\nRUN false\n",
      },
    ]);
    const args = encodeURIComponent('{"A":"given","B":null,"BUILDKIT_INLINE_CACHE":"1"}');
    const labels = encodeURIComponent('{"l":"v"}');
    const ulimits = encodeURIComponent('[{"Name":"nofile","Soft":77,"Hard":77}]');
    const built = await post(
      `t=opts&dockerfile=d/Other&target=one&buildargs=${args}&labels=${labels}&networkmode=none&pull=0&memory=0&rm=0&ulimits=${ulimits}`,
      tar,
    );
    assert.match(built.stream, /Successfully tagged opts:latest\n$/);
    const { config } = await daemon.engine.images.get("opts");
    assert.deepEqual(config.config?.Labels, { l: "v" });
    assert.ok(Object.hasOwn(config, INLINE_FIELD));
    const ran = await daemon.slipway.ok(["run", "--rm", "--network", "none", "opts", "cat", "/f"]);
    assert.equal(ran, "given y 77");
  });

  const bad: readonly {
    readonly title: string;
    readonly query?: string;
    readonly dockerfile?: string;
    readonly status: number;
    readonly message: RegExp;
  }[] = [
    { title: "a bad tag", query: "t=BAD", status: 400, message: /must be lowercase/ },
    { title: "a missing Dockerfile", query: "dockerfile=no", status: 404, message: /open no: no such file/ },
    { title: "a Dockerfile outside", query: "dockerfile=../../x", status: 404, message: /no such file/ },
    { title: "an unknown target", query: "target=zz", status: 400, message: /"zz" could not be found/ },
    { title: "squash", query: "squash=1", status: 400, message: /only supported with experimental mode/ },
    { title: "too little memory", query: "memory=5", status: 400, message: /Minimum memory limit allowed/ },
    { title: "broken ulimits", query: "ulimits=[{}]", status: 400, message: /invalid ulimits/ },
    { title: "securityopt", query: 'securityopt=["x"]', status: 400, message: /^securityopt=\["x"\] is not/ },
    {
      title: "a remote context",
      query: "remote=client-session",
      status: 400,
      message: /^remote=client-session is not/,
    },
    {
      title: "a container's network",
      query: "networkmode=container:x",
      status: 400,
      message: /^networkmode=/,
    },
    { title: "broken JSON", query: "labels=zz", status: 400, message: /invalid labels: invalid JSON/ },
    { title: "an instruction", dockerfile: "FROM busybox\nFOO\n", status: 400, message: /instruction: FOO/ },
  ];
  for (const { title, query = "", dockerfile: text = "FROM busybox\n", status, message } of bad)
    it(`refuses ${title} with a status`, async () => {
      const answer = await post(query, await tarOf([dockerfile(text)]));
      assert.equal(answer.status, status);
      assert.match(String(answer.messages[0]?.["message"]), message);
      assert.deepEqual(leftovers(), []);
    });

  it("ends the stream with what failed in the build", async () => {
    const { status, messages } = await post("", await tarOf([dockerfile("FROM busybox\nRUN exit 3\n")]));
    assert.equal(status, 200);
    const { errorDetail } = messages.at(-1) as { readonly errorDetail: { code: number; message: string } };
    assert.equal(errorDetail.code, 3);
    assert.match(
      errorDetail.message,
      /^The command '\/bin\/sh -c exit 3' returned a non-zero code: 3\nDockerfile:2\n/,
    );
  });

  it("lets nothing of a context out of its folder", async () => {
    const outside = daemon.slipway.scratch.join("outside");
    mkdirSync(outside);
    const attacks: readonly (readonly (Entry & { readonly content?: string })[])[] = [
      [{ name: "../../../../../../../../../../..".concat(outside, "/dots"), content: "x" }],
      [{ name: `${outside}/absolute`, content: "x" }],
      [
        { name: "link", type: "symlink", linkname: outside },
        { name: "link/through", content: "x" },
      ],
      [{ name: "hard", type: "link", linkname: "/etc/passwd" }],
      [{ name: "Dockerfile", type: "symlink", linkname: "/etc/passwd" }],
    ];
    for (const entries of attacks) {
      const { status } = await post("", await tarOf([...entries]));
      assert.ok(status >= 400, `${entries[0]?.name} was answered with ${status}`);
    }
    assert.deepEqual(readdirSync(outside), []);
    assert.deepEqual(leftovers(), []);
    const { status } = await post("", Buffer.from("no archive at all"));
    assert.equal(status, 400);
  });

  const SLOW = "FROM busybox\nRUN touch /tmp/begun && while :; do echo tick; sleep 0.1; done\n";

  it("cancels the build of a client that goes away, and cleans up", async () => {
    const tar = await tarOf([dockerfile(SLOW)]);
    await new Promise<void>((resolve, reject) => {
      const sent = httpRequest(
        { socketPath: daemon.socket, method: "POST", path: "/build", headers },
        (response) => {
          let text = "";
          response.on("data", (chunk: Buffer) => {
            text += chunk.toString();
            if (text.includes("tick")) response.destroy();
          });
          response.once("close", resolve);
        },
      );
      sent.once("error", reject);
      sent.end(tar);
    });
    await eventually(() => leftovers().length === 0);
  });

  it("builds what is elsewhere, in place of its body", async () => {
    const tar = await tarOf([{ name: "d/Other", content: "FROM busybox\nRUN echo of an archive\n" }]);
    const found = new Map<string | undefined, string | Buffer>([
      ["/context.tar", tar],
      ["/Dockerfile", "FROM busybox\nRUN echo alone\n"],
    ]);
    const server = createServer(({ url }, response) =>
      response.writeHead(found.has(url) ? 200 : 404).end(found.get(url)),
    );
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const from = (path: string) => `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
      const none = Buffer.alloc(0);
      const archive = await post(`remote=${from("/context.tar")}&dockerfile=d/Other`, none);
      assert.match(archive.stream, /^of an archive$/m);
      assert.match((await post(`remote=${from("/Dockerfile")}`, none)).stream, /^alone$/m);
      assert.equal((await post(`remote=${from("/absent")}`, none)).status, 503);
      assert.deepEqual(leftovers(), []);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  it("cancels a build by its id", async () => {
    const building = post("buildid=slow", await tarOf([dockerfile(SLOW)]));
    const done = building.then(() => true);
    await eventually(async () => {
      await daemon.request("POST", "/build/cancel?id=slow");
      return Promise.race([done, new Promise<boolean>((resolve) => setTimeout(resolve, 50, false))]);
    });
    assert.match(String((await building).messages.at(-1)?.["error"]), /cancelled/);
  });

  it("prunes the cache of builds", async () => {
    const prune = async (query: string) => {
      const { status, text } = await daemon.request("POST", `/build/prune?${query}`);
      assert.equal(status, 200, text);
      return JSON.parse(text) as {
        readonly CachesDeleted: readonly string[];
        readonly SpaceReclaimed: number;
      };
    };
    const nothing = { CachesDeleted: [], SpaceReclaimed: 0 };
    const unused = encodeURIComponent(JSON.stringify({ "unused-for": ["24h"] }));
    for (const query of [`all=1&filters=${unused}`, "keep-storage=1000000000", "max-used-space=1000000000"])
      assert.deepEqual(await prune(query), nothing);
    const { CachesDeleted, SpaceReclaimed } = await prune("all=1");
    assert.match(CachesDeleted[0] ?? "", /^sha256:/);
    assert.equal(typeof SpaceReclaimed, "number");
    assert.deepEqual(await prune("all=1"), nothing);
    assert.equal((await daemon.request("POST", '/build/prune?filters={"x":["y"]}')).status, 400);
    assert.equal((await daemon.request("POST", "/build/cancel")).status, 400);
  });

  it("builds for docker's client, which takes the code of a failed command", async function () {
    requiresDocker(this);
    const folder = daemon.slipway.scratch.join("context");
    mkdirSync(folder);
    writeFileSync(join(folder, "Dockerfile"), "FROM busybox\nARG code=0\nRUN exit $code\n");
    const built = await daemon.docker(["build", "-t", "by-client", folder]);
    assert.match(built.out, /Step 3\/3 : RUN exit \$code\n.*\nSuccessfully built [0-9a-f]{12}\n/s);
    const failed = await daemon.docker(["build", "--build-arg", "code=7", folder]);
    assert.equal(failed.code, 7);
    assert.match(failed.err, /returned a non-zero code: 7/);
    assert.ok(existsSync(folder));
  });
});
