import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { after, before, describe, it } from "mocha";
import { GenericContainer, Network, type StartedTestContainer, Wait } from "testcontainers";
import { requiresCommand } from "../support/requires.ts";
import { DaemonRig } from "./support/daemon-rig.ts";

/** Serves its own host name, and says when: httpd listens before it goes into the background. */
const SERVER =
  "mkdir -p /www && hostname > /www/index.html && httpd -p 8080 -h /www && echo serving && exec sleep 600";

describe("testcontainers", () => {
  const names = ["DOCKER_HOST", "TESTCONTAINERS_RYUK_DISABLED"] as const;
  const outside = names.map((name) => [name, process.env[name]] as const);
  let daemon: DaemonRig;
  before(async function () {
    requiresCommand(this, "nft");
    daemon = await DaemonRig.open(this);
    process.env["DOCKER_HOST"] = `unix://${daemon.socket}`;
    // What would tidy up after a run that was killed is an image of its own.
    process.env["TESTCONTAINERS_RYUK_DISABLED"] = "true";
  });
  after(async () => {
    for (const [name, value] of outside)
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    await daemon?.[Symbol.asyncDispose]();
  });

  const server = () =>
    new GenericContainer("busybox").withCommand(["sh", "-c", SERVER]).withExposedPorts(8080);
  async function served(container: StartedTestContainer): Promise<string> {
    const answer = await fetch(`http://${container.getHost()}:${container.getMappedPort(8080)}/`);
    return (await answer.text()).trim();
  }
  const left = async () => (await daemon.engine.containers.list({ all: true })).length;

  const strategies = {
    "a port": (container: GenericContainer) => container.withWaitStrategy(Wait.forListeningPorts()),
    "a line of its log": (container: GenericContainer) =>
      container.withWaitStrategy(Wait.forLogMessage(/serving/)),
    "an answer over HTTP": (container: GenericContainer) =>
      container.withWaitStrategy(Wait.forHttp("/", 8080)),
    "its health check": (container: GenericContainer) =>
      container
        .withHealthCheck({
          test: ["CMD-SHELL", "wget -qO- localhost:8080"],
          interval: 200,
          timeout: 5000,
          retries: 50,
        })
        .withWaitStrategy(Wait.forHealthCheck()),
  } as const;
  for (const [awaited, strategy] of Object.entries(strategies))
    it(`starts a container, waits for ${awaited}, and stops it`, async () => {
      const container = await strategy(server()).start();
      assert.equal(await served(container), container.getId().slice(0, 12));
      await container.stop();
      assert.equal(await left(), 0);
    });

  it("passes files, variables and networks on, executes and restarts", async () => {
    const network = await new Network().start();
    const container = await server()
      .withNetwork(network)
      .withNetworkAliases("web")
      .withEnvironment({ GREETING: "hello" })
      .withCopyContentToContainer([{ content: "copied", target: "/www/copied" }])
      .withTmpFs({ "/scratch": "rw" })
      .withWaitStrategy(Wait.forLogMessage("serving"))
      .start();
    assert.equal(
      (await container.exec(["sh", "-c", "echo $GREETING; cat /www/copied"])).output,
      "hello\ncopied",
    );
    const { output } = await container.exec(["nslookup", "web"]);
    assert.match(output, new RegExp(container.getIpAddress(network.getName())));
    await container.restart();
    await container.stop();
    await network.stop();
    assert.equal(await left(), 0);
  });

  it("builds an image and runs it", async () => {
    const folder = daemon.slipway.scratch.join("context");
    await mkdir(folder);
    await writeFile(`${folder}/Dockerfile`, "FROM busybox\nARG SAID\nRUN echo $SAID > /said\n");
    const image = await GenericContainer.fromDockerfile(folder).withBuildArgs({ SAID: "built" }).build();
    const container = await image.withCommand(["sleep", "600"]).start();
    assert.equal((await container.exec(["cat", "/said"])).output, "built\n");
    await container.stop();
  });
});
