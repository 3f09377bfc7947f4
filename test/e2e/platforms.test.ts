import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hostPlatform } from "../../core/platform.ts";
import { TestRegistry } from "../registry/server/support.ts";
import { Slipway } from "./support/slipway.ts";

const HOST = hostPlatform().architecture;
const FOREIGN = HOST === "arm64" ? "amd64" : "arm64";
const BOTH = `linux/${HOST},linux/${FOREIGN}`;

interface Described {
  readonly digest: string;
  readonly mediaType: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly platform?: { readonly architecture: string; readonly os: string };
}

describe("a build for several platforms", () => {
  let slipway: Slipway;
  const at = (path: string): string => slipway.scratch.join(path);
  const build = (...args: readonly string[]): Promise<string> =>
    slipway.ok(["build", "-q", "--platform", BOTH, ...args, "context"]);
  const dockerfile = (text: string, name = "Dockerfile"): void => writeFileSync(at(`context/${name}`), text);

  before(async function () {
    slipway = await Slipway.open(this);
    mkdirSync(at("context"));
    for (const architecture of [HOST, FOREIGN])
      writeFileSync(at(`context/${architecture}`), `for ${architecture}\n`);
    dockerfile(`FROM --platform=$BUILDPLATFORM busybox AS made
ARG TARGETPLATFORM TARGETARCH BUILDARCH
RUN echo "$TARGETPLATFORM on $BUILDARCH" > /made
FROM scratch
ARG TARGETARCH
COPY $TARGETARCH /file
COPY --from=made /made /made
LABEL architecture=$TARGETARCH
`);
  });
  after(async () => slipway?.[Symbol.asyncDispose]());

  it("makes an image for each, of which a name means that of this machine", async () => {
    const id = await build("-t", "both:1", "--metadata-file", "meta.json");
    assert.equal(
      await slipway.ok(["inspect", "-f", "{{.Architecture}} {{.Config.Labels.architecture}}", "both:1"]),
      `${HOST} ${HOST}`,
    );
    assert.equal(await slipway.ok(["images", "-q", "--no-trunc", "both:1"]), id);
    const metadata = JSON.parse(readFileSync(at("meta.json"), "utf8")) as Record<string, Described>;
    assert.equal(metadata["containerimage.descriptor"]?.mediaType, "application/vnd.oci.image.index.v1+json");
  });

  it("keeps the images of a name from being pruned, until the name goes", async () => {
    await build("-t", "kept:1");
    const count = async (): Promise<number> =>
      (await slipway.ok(["images", "-aq", "--no-trunc"])).split("\n").length;
    const before = await count();
    await slipway.ok(["image", "prune", "-f"]);
    assert.equal(await count(), before);
    for (const name of ["both:1", "kept:1"]) await slipway.run(["rmi", name]);
    await slipway.ok(["image", "prune", "-f"]);
    assert.equal(await count(), 1);
  });

  it("gives folders for each platform", async () => {
    await build("-o", "out", "-o", "type=tar,dest=out.tar");
    for (const architecture of [HOST, FOREIGN]) {
      const folder = `linux_${architecture}`;
      assert.deepEqual(readdirSync(at(join("out", folder))).sort(), ["file", "made"]);
      assert.equal(readFileSync(at(join("out", folder, "file")), "utf8"), `for ${architecture}\n`);
      assert.equal(
        readFileSync(at(join("out", folder, "made")), "utf8"),
        `linux/${architecture} on ${HOST}\n`,
      );
      assert.equal(
        execFileSync("tar", ["-xOf", at("out.tar"), `${folder}/file`], { encoding: "utf8" }),
        `for ${architecture}\n`,
      );
    }
  });

  it("is an index in an OCI layout, from which one is loaded again", async () => {
    await build("-t", "laid:1", "-o", "type=oci,dest=oci.tar");
    mkdirSync(at("layout"));
    execFileSync("tar", ["-xf", at("oci.tar"), "-C", at("layout")]);
    const read = (path: string) =>
      JSON.parse(readFileSync(at(join("layout", path)), "utf8")) as {
        readonly manifests: readonly Described[];
      };
    const [index] = read("index.json").manifests;
    const members = read(`blobs/${index?.digest.replace(":", "/")}`).manifests;
    assert.deepEqual(
      members.map(({ platform }) => platform?.architecture),
      [HOST, FOREIGN],
    );
    assert.match(await slipway.ok(["load", "-i", "oci.tar"]), /laid:1/);
    assert.equal(await slipway.ok(["inspect", "-f", "{{.Architecture}}", "laid:1"]), HOST);
    const { code, err } = await slipway.run([
      "build",
      "--platform",
      BOTH,
      "-o",
      "type=docker,dest=x.tar",
      "context",
    ]);
    assert.notEqual(code, 0);
    assert.match(err, /type=docker with several platforms is not supported(.|\n)*type=oci/);
  });

  it("is an index of one when an argument says so", async () => {
    const one = (...args: readonly string[]) =>
      slipway.run(["build", "-q", "--build-arg", "BUILDKIT_MULTI_PLATFORM=1", ...args, "context"]);
    assert.equal((await one("-t", "one:1", "-o", "one", "--metadata-file", "one.json")).code, 0);
    assert.deepEqual(readdirSync(at("one")), [`linux_${HOST}`]);
    const metadata = JSON.parse(readFileSync(at("one.json"), "utf8")) as Record<string, Described>;
    assert.equal(metadata["containerimage.descriptor"]?.mediaType, "application/vnd.oci.image.index.v1+json");
    assert.match(
      (await one("-o", "type=docker,dest=x.tar")).err,
      /type=docker with BUILDKIT_MULTI_PLATFORM is not/,
    );
    for (const [value, message] of [
      ["0", /conflicting options: BUILDKIT_MULTI_PLATFORM=0 and several platforms/],
      ["maybe", /invalid value "maybe" for --build-arg BUILDKIT_MULTI_PLATFORM: expected true or false/],
    ] as const)
      assert.match(
        (await one("--build-arg", `BUILDKIT_MULTI_PLATFORM=${value}`, "--platform", BOTH)).err,
        message,
      );
  });

  it("begins with bases of the platform", async () => {
    dockerfile("FROM scratch\nARG TARGETARCH\nCOPY $TARGETARCH /base\n", "Base");
    for (const architecture of [HOST, FOREIGN])
      await slipway.ok([
        "build",
        "-q",
        "-f",
        "context/Base",
        "--platform",
        `linux/${architecture}`,
        "-t",
        `base-${architecture}:1`,
        "context",
      ]);
    dockerfile("ARG TARGETARCH\nFROM base-$TARGETARCH:1\nLABEL x=y\n", "Child");
    await build("-f", "context/Child", "-o", "child");
    for (const architecture of [HOST, FOREIGN])
      assert.equal(readFileSync(at(`child/linux_${architecture}/base`), "utf8"), `for ${architecture}\n`);
  });

  it("is pushed as an index under all names, a new one too", async () => {
    await using registry = await TestRegistry.open();
    const manifest = async (
      name: string,
    ): Promise<Described & { readonly manifests?: readonly Described[] }> => {
      const accept = ["index", "manifest"]
        .map((kind) => `application/vnd.oci.image.${kind}.v1+json`)
        .join(",");
      const { body } = await registry.send("GET", `/v2/app/manifests/${name}`, { headers: { accept } });
      return JSON.parse(body.toString()) as Described & { readonly manifests?: readonly Described[] };
    };
    const name = `127.0.0.1:${registry.port}/app`;
    const foreign = `linux/${FOREIGN}`;
    const annotations = ["--annotation", "all=yes", "--annotation", `manifest[${foreign}]:foreign=yes`];
    await build("-t", `${name}:1`, "--push", ...annotations);
    const { manifests = [] } = await manifest("1");
    assert.deepEqual(
      manifests.map(({ platform }) => platform?.architecture),
      [HOST, FOREIGN],
    );
    const members = await Promise.all(manifests.map(({ digest }) => manifest(digest)));
    for (const { mediaType } of members)
      assert.equal(mediaType, "application/vnd.oci.image.manifest.v1+json");
    assert.deepEqual(
      members.map(({ annotations: read }) => read),
      [{ all: "yes" }, { all: "yes", foreign: "yes" }],
    );
    await slipway.ok(["tag", `${name}:1`, `${name}:2`]);
    await slipway.ok(["push", "-q", `${name}:2`]);
    assert.deepEqual(await manifest("2"), await manifest("1"));
    await slipway.ok(["pull", "-q", "--platform", `linux/${FOREIGN}`, `${name}:2`]);
    assert.equal(await slipway.ok(["inspect", "-f", "{{.Architecture}}", `${name}:2`]), FOREIGN);
  });

  it("says what a command of another platform needs", async () => {
    // ELF for a machine that there is no emulator for: https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html
    const elf = Buffer.alloc(64);
    elf.write("\x7fELF\x02\x01\x01", 0, "latin1");
    elf.writeUInt16LE(2, 16);
    elf.writeUInt16LE(0xfff0, 18);
    writeFileSync(at("context/program"), elf, { mode: 0o755 });
    dockerfile('FROM scratch\nCOPY program /program\nRUN ["/program"]\n', "Foreign");
    const { code, err } = await slipway.run([
      "build",
      "-f",
      "context/Foreign",
      "--platform",
      `linux/${FOREIGN}`,
      "context",
    ]);
    assert.notEqual(code, 0);
    assert.match(err, /exec \/program: exec format error/);
    assert.match(
      err,
      new RegExp(`does not run programs of linux/${FOREIGN}: register an emulator in binfmt_misc`),
    );
  });

  it("ends all when one of them fails", async () => {
    dockerfile(
      `FROM --platform=$BUILDPLATFORM busybox\nARG TARGETARCH\nRUN test $TARGETARCH != ${FOREIGN} || exit 7\n`,
      "Failing",
    );
    const { code, err } = await slipway.run([
      "build",
      "-f",
      "context/Failing",
      "--platform",
      BOTH,
      "-t",
      "failing:1",
      "context",
    ]);
    assert.notEqual(code, 0);
    assert.match(err, /exit code: 7/);
    assert.notEqual((await slipway.run(["inspect", "failing:1"])).code, 0);
  });
});
