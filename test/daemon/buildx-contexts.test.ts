import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "mocha";
import { Web } from "../e2e/dockerfiles/web.ts";
import { requiresCommand } from "../support/requires.ts";
import { requiresBuildx } from "./support/buildx.ts";
import { DaemonRig, requiresDocker } from "./support/daemon-rig.ts";

describe("where docker build takes its files from, with BuildKit", () => {
  let daemon: DaemonRig;
  let env: Readonly<Record<string, string>>;
  let web: Web;
  let server: Server;
  before(async function () {
    requiresDocker(this);
    requiresCommand(this, "git");
    daemon = await DaemonRig.open(this);
    env = requiresBuildx(this, daemon);
    web = await Web.open(daemon.slipway.scratch.join("web"));
    file("context/Dockerfile", "FROM busybox\nCOPY a /a\nRUN cat /a\n");
    file("context/a", "of the archive\n");
    file("apart/Dockerfile", "FROM busybox\nCOPY a /a\nRUN cat /a; echo apart\n");
    file("named/a", "of the folder\n");
    const archive = execFileSync("tar", ["-C", daemon.slipway.scratch.join("context"), "-cz", "."]);
    server = createServer((request, response) =>
      response.end(request.url === "/context.tar.gz" ? archive : "FROM busybox\nRUN echo alone\n"),
    );
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
  after(async () => {
    server?.closeAllConnections();
    server?.close();
    await web?.[Symbol.asyncDispose]();
    await daemon?.[Symbol.asyncDispose]();
  });

  function file(path: string, content: string): void {
    const target = daemon.slipway.scratch.join(path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, content);
  }
  const url = (path: string): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
  const build = (...argv: readonly string[]) =>
    daemon.docker(["build", "--progress", "plain", "--no-cache", ...argv], { env });
  /** What the commands of the build write. */
  async function shown(...argv: readonly string[]): Promise<readonly string[]> {
    const { code, err } = await build(...argv);
    assert.equal(code, 0, err);
    assert.deepEqual(readdirSync(join(daemon.slipway.root, "ingest")), []);
    return err.split("\n").flatMap((line) => /^#\d+ \d+\.\d+ (.*)$/.exec(line)?.[1] ?? []);
  }

  it("is a URL of an archive, with a Dockerfile of the client's or the archive's own", async () => {
    assert.deepEqual(await shown(url("/context.tar.gz")), ["of the archive"]);
    assert.deepEqual(
      await shown("-f", daemon.slipway.scratch.join("apart/Dockerfile"), url("/context.tar.gz")),
      ["of the archive", "apart"],
    );
  });

  it("is the URL of a Dockerfile", async () => {
    assert.deepEqual(await shown(url("/Dockerfile")), ["alone"]);
  });

  it("is a git repository", async () => {
    file("named/Dockerfile", "FROM busybox\nRUN --mount=from=code,target=/code ls /code\n");
    const listed = await shown("--build-context", `code=${web.origin}/repo.git`, "named");
    assert.ok(listed.length > 0);
    const kept = (value: string): Promise<readonly string[]> =>
      shown(
        "-f",
        daemon.slipway.scratch.join("all/Dockerfile"),
        "--build-arg",
        `BUILDKIT_CONTEXT_KEEP_GIT_DIR=${value}`,
        `${web.origin}/repo.git`,
      );
    file("all/Dockerfile", "FROM busybox\nCOPY . /c/\nRUN cat /c/.git/HEAD || echo none\n");
    assert.deepEqual(await kept("1"), [web.commit]);
    assert.equal((await kept("0")).at(-1), "none");
    const { err } = await build("-f", "nosuch.Dockerfile", `${web.origin}/repo.git`);
    assert.match(err, /nosuch\.Dockerfile/);
  });

  it("is a folder or an image under a name", async () => {
    file("names/Dockerfile", "FROM base\nCOPY --from=files a /a\nRUN cat /a\n");
    const names = ["--build-context", "files=named", "--build-context", "base=docker-image://busybox"];
    assert.deepEqual(await shown(...names, "names"), ["of the folder"]);
  });

  it("is an image in an OCI layout that the client has", async () => {
    file("laid/Dockerfile", "FROM busybox\nRUN echo in the layout > /laid\nENV LAID=yes\n");
    file("uses/Dockerfile", "FROM base\nRUN cat /laid; echo $LAID\n");
    const layout = daemon.slipway.scratch.join("layout");
    await daemon.slipway.ok(["build", "-q", "-t", "laid:1", "-o", "type=oci,dest=laid.tar", "laid"]);
    mkdirSync(layout);
    execFileSync("tar", ["-xf", daemon.slipway.scratch.join("laid.tar"), "-C", layout]);
    await daemon.slipway.ok(["builder", "prune", "-af"]);
    assert.deepEqual(await shown("--build-context", `base=oci-layout://${layout}`, "uses"), [
      "in the layout",
      "yes",
    ]);
    const { err } = await build(
      "--build-context",
      `base=oci-layout://${layout}@sha256:${"0".repeat(64)}`,
      "uses",
    );
    assert.match(err, /not found/);
  });

  it("may be told to allow what builds may not", async () => {
    file("allowed/Dockerfile", "FROM busybox\nRUN --network=host hostname\n");
    assert.match((await build("allowed")).err, /network\.host/);
    assert.equal((await shown("--allow", "network.host", "allowed")).length, 1);
  });
});
