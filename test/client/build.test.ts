import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "mocha";
import { connect } from "../../cli/connect.ts";
import { DESCRIBED } from "../builder/dockerfile/described/calls.ts";
import { DaemonRig } from "../daemon/support/daemon-rig.ts";
import { FakeRegistry } from "../registry/client/fake-registry.ts";
import type { Ran } from "../support/run-captured.ts";

const DOCKERFILE = `FROM busybox AS first
ARG WORD=none
COPY . /src
RUN --mount=type=secret,id=word cat /run/secrets/word; echo $WORD; cd /src; ls -RA; cat link
FROM first
RUN echo last > /last
`;
const FAILING = "FROM busybox\nRUN echo before\nRUN echo lots; exit 3\n";

const anyId = (text: string): string => text.replace(/\b(?:[0-9a-f]{12}|[0-9a-f]{25})\b/g, "<id>");
const sorted = (text: string): readonly string[] => text.split("\n").toSorted();

describe("a build through a daemon", () => {
  let rig: DaemonRig;
  let context: string;
  before(async function () {
    rig = await DaemonRig.open(this);
    context = rig.slipway.scratch.join("context");
    for (const folder of ["sub", "hidden/deep", "node_modules"])
      mkdirSync(join(context, folder), { recursive: true });
    const files: Readonly<Record<string, string>> = {
      Dockerfile: DOCKERFILE,
      Failing: FAILING,
      Wrong: "FROM busybox\nNOPE x\n",
      ".dockerignore": "# not these\nnode_modules\nhidden\n!hidden/deep/shown\n*ing\nWrong\n",
      file: "content\n",
      empty: "",
      "sub/inner": "x",
      "node_modules/big": "x",
      "hidden/deep/shown": "x",
      "hidden/not": "x",
      large: "l".repeat(3 << 20),
    };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(context, name), text);
    symlinkSync("file", join(context, "link"));
    writeFileSync(rig.slipway.scratch.join("word"), "secret\n");
  });
  after(() => rig?.[Symbol.asyncDispose]());

  const build = (
    ...words: readonly (
      | string
      | { readonly stdin?: Buffer; readonly env?: Readonly<Record<string, string>> }
    )[]
  ): Promise<Ran> => {
    const argv = words.filter((word) => typeof word === "string");
    const options = words.find((word) => typeof word !== "string");
    const env = { DOCKER_HOST: `unix://${rig.socket}`, HOME: rig.slipway.scratch.path, ...options?.env };
    return rig.slipway.run(["build", "--progress", "plain", ...argv], { ...options, via: { connect, env } });
  };

  it("attests the image, and reads that back", async () => {
    const { code, err } = await build("-t", "attested:1", "--provenance=mode=max", "--sbom=true", context);
    assert.equal(code, 0, err);
    const env = { DOCKER_HOST: `unix://${rig.socket}`, HOME: rig.slipway.scratch.path };
    const over = (argv: readonly string[]) => rig.slipway.ok(argv, { via: { connect, env } });
    for (const argv of [
      ["attest", "ls", "attested:1"],
      ["attest", "inspect", "attested:1"],
    ])
      assert.equal(await over(argv), await rig.slipway.ok(argv));
    assert.match(await over(["attest", "inspect", "attested:1"]), /"build-arg:|"buildConfig"/);
  });

  it("tells that steps were performed again for --no-cache-filter", async () => {
    await build(context);
    const { out } = await build("--no-cache-filter", "first", "--explain", context);
    assert.match(out, /RUN --mount=type=secret.*: the build was told to use no cache for its stage/);
  });

  it("takes what the ignore file leaves of the context, and shows the steps", async () => {
    const secret = `id=word,src=${rig.slipway.scratch.join("word")}`;
    const { code, err } = await build(
      "-t",
      "made:1",
      "--secret",
      secret,
      "--build-arg",
      "WORD=said",
      "--label",
      "a=b",
      context,
    );
    assert.equal(code, 0, err);
    const lines = err.split("\n").flatMap((line) => /^#\d+ \d+\.\d+ (.*)$/.exec(line)?.[1] ?? []);
    assert.deepEqual(lines.slice(0, 2), ["secret", "said"]);
    const files = lines.slice(2).filter((line) => line !== "" && !line.endsWith(":"));
    assert.deepEqual(files, [
      ".dockerignore",
      "Dockerfile",
      "empty",
      "file",
      "hidden",
      "large",
      "link",
      "sub",
      "deep",
      "shown",
      "inner",
      "content",
    ]);
    assert.match(err, /\[first 2\/3\] COPY \. \/src\n/);
    assert.equal(err.match(/naming to/g)?.length, 1);
    assert.equal(await rig.slipway.ok(["inspect", "-f", "{{.Config.Labels}}", "made:1"]), "map[a:b]");
    assert.equal(
      await rig.slipway.ok(["run", "--rm", "made:1", "wc", "-c", "/src/large"]),
      `${3 << 20} /src/large`,
    );
  });

  it("prints the image's id alone with -q, of what is cached as of what is not", async () => {
    const first = await build("-q", "--target", "first", context);
    const second = await build("-q", "--target", "first", context);
    assert.match(first.out, /^sha256:[0-9a-f]{64}\n$/);
    assert.deepEqual(second, first);
  });

  it("writes its result to a folder of this side", async () => {
    const folder = rig.slipway.scratch.join("result");
    const { code, err } = await build("-o", folder, context);
    assert.equal(code, 0, err);
    assert.equal(readFileSync(join(folder, "last"), "utf8"), "last\n");
  });

  it("that fails shows the lines of the Dockerfile and the end of the output", async () => {
    const file = join(context, "Failing");
    const { code, err } = await build("-f", file, context);
    assert.equal(code, 1);
    const told = err.slice(err.indexOf("Error: "));
    const here = await rig.slipway.run(["build", "--progress", "plain", "-f", file, context]);
    assert.equal(anyId(told), anyId(here.err.slice(here.err.indexOf("Error: "))));
    assert.match(
      told,
      /Failing:3: .* did not complete successfully: exit code: 3\n.*\n.*\n 3 \| >>> RUN echo lots; exit 3\nlots\nhint: enter what it left: slipway builds debug /,
    );
  });

  it("of what is no Dockerfile says where", async () => {
    const { code, err } = await build("-f", join(context, "Wrong"), context);
    assert.equal(code, 1);
    assert.match(err, /Wrong:2: .*unknown instruction: NOPE.*\n 1 \|.*\n 2 \| >>> NOPE x\n/);
  });

  it("says why steps were performed, and that the next time none was", async () => {
    const file = join(context, "Explained");
    writeFileSync(file, "FROM busybox\nRUN echo one\n");
    const explained = async () =>
      JSON.parse((await build("--explain=json", "-f", file, context)).out) as unknown;
    const text = "it was never built";
    assert.deepEqual(await explained(), [{ step: "[2/2] RUN echo one", kind: "never-built", text }]);
    assert.deepEqual(await explained(), []);
  });

  it("limits what its commands use, and how many run at a time", async () => {
    const file = join(context, "Limits");
    writeFileSync(file, "FROM busybox\nRUN ulimit -n; tail -n 1 /etc/resolv.conf\n");
    const limits = ["--ulimit", "nofile=77:99", "--dns", "192.0.2.1", "--jobs", "1", "--memory", "64m"];
    const { code, err } = await build(...limits, "-f", file, context);
    assert.equal(code, 0, err);
    assert.match(err, /^#\d+ \d+\.\d+ 77\n#\d+ \d+\.\d+ nameserver 192\.0\.2\.1$/m);
  });

  it("is verified by building again there", async () => {
    const file = join(context, "Verified");
    writeFileSync(file, "FROM busybox\nRUN echo same > /same\n");
    const timeless = { env: { SOURCE_DATE_EPOCH: "1700000000" } };
    const same = await build("--verify", "-f", file, context, timeless);
    assert.deepEqual([same.code, /reproducible: sha256:/.test(same.out)], [0, true], same.err);
    writeFileSync(file, "FROM busybox\nRUN cat /proc/sys/kernel/random/uuid > /other\n");
    const other = await build("--verify", "-f", file, context, timeless);
    assert.equal(other.code, 1);
    assert.match(other.out, /\n {2}\/other: content/);
  });

  it("of a context that is elsewhere shows the lines of its Dockerfile where it fails", async () => {
    const archive = execFileSync("tar", ["-C", context, "-c", "Failing"]);
    const { code, err } = await build("-f", "Failing", "-", { stdin: archive });
    assert.equal(code, 1);
    assert.match(err, /Failing:3: .*exit code: 3\n.*\n.*\n 3 \| >>> RUN echo lots; exit 3\n/);
  });

  it("begins with an image in an OCI layout of this side, and copies from it", async () => {
    const { scratch } = rig.slipway;
    const file = join(context, "Laid");
    const layout = scratch.join("layout");
    writeFileSync(file, "FROM busybox\nENV LAID=yes\nRUN echo in the layout > /laid\n");
    await rig.slipway.ok([
      "build",
      "-q",
      "-t",
      "laid:1",
      "-o",
      `type=oci,dest=${layout}.tar`,
      "-f",
      file,
      context,
    ]);
    mkdirSync(layout);
    execFileSync("tar", ["-xf", `${layout}.tar`, "-C", layout]);
    await rig.slipway.ok(["rmi", "laid:1"]);
    await rig.slipway.ok(["builder", "prune", "-af"]);
    writeFileSync(
      file,
      "FROM base\nRUN echo $LAID; cat /laid\nFROM busybox\nCOPY --from=base /laid /copied\nRUN cat /copied\n",
    );
    const lent = ["--build-context", `base=oci-layout://${layout}:1`, "--no-cache"];
    const shown = async (...words: readonly string[]) => {
      const { code, err } = await build(...words, "-f", file, context);
      assert.equal(code, 0, err);
      return err.split("\n").flatMap((line) => /^#\d+ \d+\.\d+ (.*)$/.exec(line)?.[1] ?? []);
    };
    assert.deepEqual(await shown(...lent, "--target", "0"), ["yes", "in the layout"]);
    assert.deepEqual(await shown(...lent), ["in the layout"]);
    const wrong = await build("--build-context", `base=oci-layout://${layout}:2`, "-f", file, context);
    assert.equal(wrong.code, 1);
    assert.match(wrong.err, /there is no image 2 in it, but .*1/);
  });

  it("that wants a blob which the layout lacks says so", async () => {
    const layout = rig.slipway.scratch.join("broken");
    mkdirSync(layout);
    const digest = `sha256:${"0".repeat(64)}`;
    const file = join(context, "Broken");
    writeFileSync(file, "FROM base\n");
    const { code, err } = await build(
      "--build-context",
      `base=oci-layout://${layout}@${digest}`,
      "-f",
      file,
      context,
    );
    assert.equal(code, 1);
    assert.match(err, new RegExp(`blob ${digest}: not found`));
  });

  it("makes an image for each of several platforms", async () => {
    const file = join(context, "Several");
    writeFileSync(file, "FROM scratch\nCOPY file /\n");
    const platforms = ["--platform", "linux/amd64,linux/arm64"];
    const { code, err } = await build("-t", "several:1", ...platforms, "-f", file, context);
    assert.equal(code, 0, err);
    const saved = rig.slipway.scratch.join("several.tar");
    await rig.slipway.ok(["save", "-o", saved, "several:1"]);
    const archive = execFileSync("tar", ["-xOf", saved, "index.json"], { encoding: "utf8" });
    assert.match(archive, /image\.index/);
    const folder = rig.slipway.scratch.join("several");
    const written = await build("-o", folder, ...platforms, "-f", file, context);
    assert.equal(written.code, 0, written.err);
    for (const name of ["linux_amd64", "linux_arm64"])
      assert.equal(readFileSync(join(folder, name, "file"), "utf8"), "content\n");
    const archived = async (name: string, words: readonly string[]) => {
      const tar = rig.slipway.scratch.join(`${name}.tar`);
      const ran = await build(...words, "-o", `type=oci,dest=${tar}`, ...platforms, "-f", file, context);
      assert.equal(ran.code, 0, ran.err);
      return readFileSync(tar);
    };
    const there = await archived("there", ["-t", "several:2"]);
    await rig.slipway.ok([
      "build",
      "-q",
      "-t",
      "several:2",
      "-o",
      "type=oci,dest=here.tar",
      ...platforms,
      "-f",
      file,
      context,
    ]);
    assert.ok(there.equals(readFileSync(rig.slipway.scratch.join("here.tar"))));
    assert.match(await rig.slipway.ok(["load", "-i", rig.slipway.scratch.join("there.tar")]), /several:2/);
    await archived("nameless", []);
  });

  it("is checked there, as it is here", async () => {
    const file = join(context, "Checked");
    writeFileSync(file, "from busybox AS Name\nENV A b\n");
    const here = await rig.slipway.run(["build", "--check", "-f", file, context]);
    assert.match(here.out, /StageNameCasing[\s\S]*LegacyKeyValueFormat/);
    const { code, out, err } = await build("--check", "-f", file, context);
    assert.deepEqual([code, sorted(out)], [here.code, sorted(here.out.replaceAll(file, "Checked"))], err);
    writeFileSync(file, "FROM busybox\nNOPE\n");
    assert.match(
      (await build("--check", "-f", file, context)).err,
      /unknown instruction: NOPE[\s\S]*>>> NOPE/,
    );
  });

  it("answers there what it answers here", async () => {
    for (const call of ["outline", "targets", "targets,format=json"]) {
      const args = ["--call", call, DESCRIBED];
      assert.equal((await build(...args)).out, (await rig.slipway.run(["build", ...args])).out);
    }
  });

  it("keeps its cache in a folder of this side, and finds it there again, as a build without a daemon does", async () => {
    const file = join(context, "Kept");
    writeFileSync(
      file,
      "FROM busybox\nRUN cat /proc/sys/kernel/random/uuid > /kept\nRUN head -c 3000000 /dev/urandom > /large\n",
    );
    const forget = async (): Promise<void> => {
      await rig.slipway.run(["rmi", "kept:1"]);
      await rig.slipway.ok(["builder", "prune", "-af"]);
    };
    const kept = async (ran: Ran): Promise<number> => {
      assert.equal(ran.code, 0, ran.err);
      await forget();
      return ran.err.match(/\] RUN .*\n#\d+ CACHED$/gm)?.length ?? 0;
    };
    const common = ["-t", "kept:1", "-f", file, context];
    const folder = rig.slipway.scratch.join("cache");
    const to = ["--cache-to", `type=local,dest=${folder},tag=t,mode=max`];
    const from = ["--cache-from", `type=local,src=${folder},tag=t`];
    assert.equal(await kept(await build(...from, ...to, ...common)), 0);
    assert.equal(await kept(await build(...common)), 0);
    assert.equal(await kept(await build(...from, ...to, ...common)), 2);
    const here = ["build", "--progress", "plain", ...from, ...common];
    assert.equal(await kept(await rig.slipway.run(here)), 2);
    const { manifests } = JSON.parse(readFileSync(join(folder, "index.json"), "utf8"));
    assert.equal(manifests.length, 1);
    writeFileSync(join(folder, "index.json"), "no index");
    const broken = await build(...from, ...common);
    assert.match(broken.err, /the cache of .*cache is not used: /);
    assert.equal(await kept(broken), 0);
    const twice = await build(...to, "--cache-to", `type=local,dest=${folder}-2`, ...common);
    assert.equal(twice.code, 1);
    assert.match(twice.err, /more than one cache export of type=local is not supported/);
  });

  it("keeps cache mounts in a registry or a folder of this side when it is asked to", async () => {
    await using registry = await FakeRegistry.start();
    const folder = rig.slipway.scratch.join("mounts-cache");
    const file = rig.slipway.scratch.join("Mounting");
    const run = (command: string) =>
      writeFileSync(file, `FROM busybox\nRUN --mount=type=cache,target=/far ${command}\n`);
    const env = { DOCKER_HOST: `unix://${rig.socket}`, HOME: rig.slipway.scratch.path };
    const prune = ["builder", "prune", "-af", "--filter", "type=exec.cachemount"];
    const places = [
      [`type=registry,ref=${registry.host}/mounts:cache`, `${registry.host}/mounts:cache`],
      [`type=local,dest=${folder}`, `type=local,src=${folder}`],
    ] as const;
    for (const [n, [to, from]] of places.entries()) {
      run(`echo kept ${n} > /far/kept`);
      const first = await build("--cache-to", `${to},mounts=true`, "-f", file, context);
      assert.equal(first.code, 0, first.err);
      await rig.slipway.ok(prune, { via: { connect, env } });
      run(`cat /far/kept # ${n}`);
      const { out, err } = await build("--cache-from", from, "-f", file, context);
      assert.match(out + err, /restoring cache mount \/\/far from \S+mounts[:-]cache$/m);
      assert.match(out + err, new RegExp(`^#\\d+ [\\d.]+ kept ${n}$`, "m"));
    }
  });
});
