import assert from "node:assert/strict";
import { once } from "node:events";
import { PassThrough, Readable } from "node:stream";
import { buffer, text } from "node:stream/consumers";
import Docker from "dockerode";
import { after, before, describe, it } from "mocha";
import { pack } from "tar-stream";
import { requiresCommand } from "../support/requires.ts";
import { DaemonRig } from "./support/daemon-rig.ts";

/** A tar of these files. */
function archive(files: Readonly<Record<string, string>>): Readable {
  const tar = pack();
  for (const [name, content] of Object.entries(files)) tar.entry({ name }, content);
  tar.finalize();
  return Readable.from(tar);
}

describe("dockerode", () => {
  let daemon: DaemonRig;
  let docker: Docker;
  before(async function () {
    requiresCommand(this, "nft");
    daemon = await DaemonRig.open(this);
    docker = new Docker({ socketPath: daemon.socket });
  });
  after(() => daemon?.[Symbol.asyncDispose]());

  const make = (options: Docker.ContainerCreateOptions) =>
    docker.createContainer({
      Image: "busybox",
      ...options,
      HostConfig: { NetworkMode: "none", ...options.HostConfig },
    });
  const talk = (script: string, options: Docker.ContainerCreateOptions = {}) =>
    make({ Cmd: ["sh", "-c", script], ...options });

  /** The two outputs of a multiplexed stream, when it has ended. */
  async function outputs(stream: NodeJS.ReadableStream): Promise<readonly [string, string]> {
    const [out, err] = [new PassThrough(), new PassThrough()];
    docker.modem.demuxStream(stream, out, err);
    stream.once("end", () => [out, err].map((one) => one.end()));
    return Promise.all([text(out), text(err)]);
  }

  it("creates, starts, awaits, reads and removes a container", async () => {
    const container = await talk("echo out; echo err >&2; exit 3", { name: "talk", Labels: { a: "b" } });
    assert.equal((await container.inspect()).State.Status, "created");
    const waiting = container.wait({ condition: "next-exit" });
    await container.start();
    assert.equal((await waiting).StatusCode, 3);
    assert.equal((await container.wait()).StatusCode, 3);
    const logs = await container.logs({ stdout: true, stderr: true, follow: true });
    assert.deepEqual(await outputs(logs), ["out\n", "err\n"]);
    const kept = await container.logs({ stdout: true, stderr: false });
    assert.equal(kept.subarray(8).toString(), "out\n");
    const [listed] = await docker.listContainers({ all: true, filters: { label: ["a=b"] } });
    assert.deepEqual([listed?.Id, listed?.Names, listed?.State], [container.id, ["/talk"], "exited"]);
    await container.remove();
    await assert.rejects(container.inspect(), { statusCode: 404, message: /No such container/ });
  });

  it("attaches to input and both outputs", async () => {
    const container = await make({
      Cmd: ["sh", "-c", "cat; echo end >&2"],
      OpenStdin: true,
      StdinOnce: true,
      HostConfig: { AutoRemove: true },
    });
    const stream = await container.attach({
      stream: true,
      stdin: true,
      stdout: true,
      stderr: true,
      hijack: true,
    });
    await container.start();
    stream.end("hello\n");
    assert.deepEqual(await outputs(stream), ["hello\n", "end\n"]);
  });

  it("runs a command by itself", async () => {
    const out = new PassThrough();
    const said = once(out, "data");
    const [{ StatusCode }, container] = await docker.run("busybox", ["echo", "hi"], out, {
      Tty: true,
      HostConfig: { NetworkMode: "none" },
    });
    assert.deepEqual([StatusCode, String((await said)[0])], [0, "hi\r\n"]);
    out.end();
    await container.remove();
  });

  it("executes in a container, and stops it", async () => {
    const container = await make({ Cmd: ["sleep", "600"], HostConfig: { Init: true } });
    await container.start();
    const exec = await container.exec({
      Cmd: ["sh", "-c", "cat; echo $A >&2; exit 5"],
      Env: ["A=1"],
      AttachStdin: true,
      AttachStdout: true,
      AttachStderr: true,
    });
    const stream = await exec.start({ hijack: true, stdin: true });
    stream.end("in");
    assert.deepEqual(await outputs(stream), ["in", "1\n"]);
    const { Running, ExitCode, OpenStdin, OpenStdout, OpenStderr, CanRemove, Pid } = await exec.inspect();
    assert.deepEqual([Running, ExitCode, CanRemove], [false, 5, false]);
    assert.deepEqual([OpenStdin, OpenStdout, OpenStderr], [true, true, true]);
    assert.ok(Pid > 0);
    assert.match(String((await container.top()).Processes.flat()), /sleep 600/);
    await container.stop({ t: 5 });
    assert.equal((await container.inspect()).State.Running, false);
    await container.remove();
  });

  it("sends files in and takes them out", async () => {
    const container = await talk("true");
    await container.putArchive(archive({ note: "remember" }), { path: "/tmp" });
    const taken = await buffer((await container.getArchive({ path: "/tmp/note" })) as Readable);
    assert.match(taken.toString("latin1"), /remember/);
    await container.remove();
  });

  it("lists, inspects, tags, builds and removes images", async () => {
    const context = archive({ Dockerfile: "FROM busybox\nCOPY a /a\nLABEL made=here\n", a: "content" });
    const building = await docker.buildImage(context, { t: "built:1", labels: { more: "yes" } });
    const steps = await new Promise<readonly { stream?: string }[]>((resolve, reject) =>
      docker.modem.followProgress(building, (error, lines) =>
        error === null ? resolve(lines) : reject(error),
      ),
    );
    assert.match(steps.map(({ stream = "" }) => stream).join(""), /Successfully tagged built:1/);
    const image = docker.getImage("built:1");
    assert.deepEqual((await image.inspect()).Config.Labels, { made: "here", more: "yes" });
    await image.tag({ repo: "again", tag: "2" });
    const [listed] = await docker.listImages({ filters: { label: ["made=here"] } });
    assert.deepEqual(listed?.RepoTags?.toSorted(), ["again:2", "built:1"]);
    assert.match((await image.history())[0].CreatedBy, /LABEL made=here/);
    await docker.getImage("again:2").remove();
    await image.remove();
    await assert.rejects(image.inspect(), { statusCode: 404 });
  });

  it("makes networks and volumes, and connects containers to them", async () => {
    const network = await docker.createNetwork({ Name: "back", Labels: { a: "b" } });
    await docker.createVolume({ Name: "data", Labels: { a: "b" } });
    const container = await make({
      Cmd: ["sh", "-c", "echo kept > /data/note; exec sleep 600"],
      HostConfig: { NetworkMode: "bridge", Binds: ["data:/data"], Init: true },
    });
    await network.connect({ Container: container.id, EndpointConfig: { Aliases: ["www"] } });
    await container.start();
    const { Containers } = await network.inspect();
    assert.deepEqual(Object.keys(Containers ?? {}), [container.id]);
    await network.disconnect({ Container: container.id, Force: true });
    await container.remove({ force: true });
    const { Volumes } = await docker.listVolumes({ filters: { label: ["a=b"] } });
    assert.deepEqual(
      Volumes.map(({ Name }) => Name),
      ["data"],
    );
    assert.deepEqual(
      (await docker.listNetworks({ filters: { label: ["a=b"] } })).map(({ Name }) => Name),
      ["back"],
    );
    await docker.getVolume("data").remove();
    await network.remove();
    await assert.rejects(network.inspect(), { statusCode: 404 });
  });

  it("hears of what happens", async () => {
    const stream = (await docker.getEvents({
      filters: { type: ["container"], container: ["heard"] },
    })) as Readable;
    const heard: string[] = [];
    const destroyed = new Promise<void>((resolve) => {
      stream.on("data", (chunk: Buffer) => {
        for (const line of chunk.toString().trim().split("\n")) heard.push(JSON.parse(line).Action);
        if (heard.includes("destroy")) resolve();
      });
    });
    const container = await talk("true", { name: "heard" });
    await container.start();
    await container.wait();
    await container.remove();
    await destroyed;
    stream.destroy();
    await once(stream, "close");
    assert.deepEqual(heard, ["create", "start", "die", "destroy"]);
  });

  it("asks what it talks to", async () => {
    assert.equal((await docker.ping()).toString(), "OK");
    assert.equal((await docker.version()).Os, "linux");
    assert.equal((await docker.info()).OSType, "linux");
    assert.ok((await docker.df()).Images.length > 0);
  });
});
