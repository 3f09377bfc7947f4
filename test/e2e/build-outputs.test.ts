import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { Slipway } from "./support/slipway.ts";

describe("what is made of a build's result", () => {
  let slipway: Slipway;
  const at = (path: string): string => slipway.scratch.join(path);
  const build = (...args: readonly string[]): Promise<string> =>
    slipway.ok(["build", "-q", ...args, "context"]);
  const listing = (tar: string): readonly string[] =>
    execFileSync("tar", ["-tf", at(tar)], { encoding: "utf8" })
      .trim()
      .split("\n")
      .sort();

  before(async function () {
    slipway = await Slipway.open(this);
    mkdirSync(at("context/d"), { recursive: true });
    writeFileSync(at("context/d/file"), "content\n", { mode: 0o640 });
    mkdirSync(at("context/wrong"));
    writeFileSync(at("context/wrong/index.json"), "{}");
    writeFileSync(at("context/Dockerfile"), "FROM scratch\nCOPY d /d\nCMD x\n");
  });
  after(async () => slipway?.[Symbol.asyncDispose]());

  it("is a folder, short and long", async () => {
    await build("-o", "out", "-t", "unused:1");
    assert.equal(readFileSync(at("out/d/file"), "utf8"), "content\n");
    assert.equal(statSync(at("out/d/file")).mode & 0o777, 0o640);
    writeFileSync(at("out/kept"), "");
    await build("--output", "type=local,dest=out");
    assert.deepEqual(readdirSync(at("out")).sort(), ["d", "kept"]);
    assert.doesNotMatch(await slipway.ok(["images"]), /unused/);
  });

  it("is all that a folder holds with mode=delete, once it is made", async () => {
    mkdirSync(at("mirror/old/deep"), { recursive: true });
    writeFileSync(at("mirror/old/file"), "");
    const output = ["-o", "type=local,dest=mirror,mode=delete,platform-split=false"];
    const failed = await slipway.run(["build", "-q", ...output, "--target", "none", "context"]);
    assert.notEqual(failed.code, 0);
    assert.deepEqual(readdirSync(at("mirror")), ["old"]);
    await build(...output);
    assert.deepEqual(readdirSync(at("mirror")), ["d"]);
    await build("-o", "type=local,dest=new,mode=delete");
    assert.deepEqual(readdirSync(at("new")), ["d"]);
  });

  it("is a tar, in a file or on standard output", async () => {
    await build("-o", "type=tar,dest=out.tar");
    assert.deepEqual(listing("out.tar"), ["d/", "d/file"]);
    const { out } = await slipway.run(["build", "-q", "-o", "-", "context"]);
    assert.match(out, /d\/file/);
  });

  it("is an archive that docker and others load", async () => {
    await build(
      "-t",
      "kept:1",
      "-o",
      "type=docker,dest=docker.tar",
      "-o",
      "type=oci,dest=oci.tar,name=other:2",
    );
    assert.ok(listing("docker.tar").includes("manifest.json"));
    assert.ok(listing("oci.tar").includes("index.json"));
    assert.match(await slipway.ok(["load", "-i", "docker.tar"]), /kept:1/);
  });

  it("is in an OCI layout in a folder, beside what that has under other names", async () => {
    const layout = (name: string, ...more: readonly string[]) =>
      build("-o", `type=oci,tar=false,dest=layout,name=${name}`, ...more);
    await layout("first:1");
    await layout("second:1", "--label", "a=b");
    await layout("first:1", "--label", "c=d");
    const names = () => {
      const { manifests } = JSON.parse(readFileSync(at("layout/index.json"), "utf8")) as {
        manifests: { digest: string; annotations: Record<string, string> }[];
      };
      for (const { digest } of manifests) readFileSync(at(`layout/blobs/${digest.replace(":", "/")}`));
      return manifests.map(({ annotations }) => annotations["io.containerd.image.name"]);
    };
    assert.deepEqual(names(), ["docker.io/library/second:1", "docker.io/library/first:1"]);
    assert.deepEqual(readdirSync(at("layout")).sort(), ["blobs", "index.json", "oci-layout"]);
    writeFileSync(at("context/From"), "FROM given\nLABEL e=f\n");
    const context = ["--build-context", "given=oci-layout://layout:1", "-f", "context/From"];
    assert.match(await build(...context), /^sha256:/);
  });

  it("is an image under all names, with its metadata", async () => {
    const files = ["--metadata-file", "meta.json", "--iidfile", "id"];
    const id = await build("-t", "a:1", "-o", 'type=image,"name=b:1,c:1"', ...files);
    assert.equal(readFileSync(at("id"), "utf8"), id);
    const metadata = JSON.parse(readFileSync(at("meta.json"), "utf8")) as Record<string, string>;
    assert.equal(metadata["containerimage.config.digest"], id);
    assert.equal(metadata["image.name"], "a:1,b:1,c:1");
    assert.match(metadata["containerimage.digest"] ?? "", /^sha256:/);
    for (const name of ["a:1", "b:1", "c:1"])
      assert.equal(await slipway.ok(["images", "-q", "--no-trunc", name]), id);
  });

  it("is annotated in its manifest, in archives and in the store, and has the id that it has without", async () => {
    const manifestIn = (tar: string) => {
      const read = (path: string) =>
        JSON.parse(execFileSync("tar", ["-xOf", at(tar), path], { encoding: "utf8" }));
      const { digest } = (read("index.json") as { manifests: [{ digest: string }] }).manifests[0];
      return read(`blobs/${digest.replace(":", "/")}`) as { annotations?: unknown };
    };
    const plain = await build("-t", "plain:1");
    const archive = "type=oci,dest=annotated.tar,annotation.c=3,annotation-manifest.a=4";
    const flags = [
      "--annotation",
      "a=b",
      "--annotation",
      "manifest:b=1=2",
      "-o",
      archive,
      "-o",
      "type=image",
    ];
    assert.equal(await build("-t", "annotated:1", ...flags), plain);
    assert.deepEqual(manifestIn("annotated.tar").annotations, { a: "4", b: "1=2", c: "3" });
    await slipway.ok(["save", "-o", at("saved.tar"), "annotated:1"]);
    assert.deepEqual(manifestIn("saved.tar"), manifestIn("annotated.tar"));
    assert.equal(await build("-t", "annotated:1"), plain);
    await slipway.ok(["save", "-o", at("saved.tar"), "annotated:1"]);
    assert.equal(manifestIn("saved.tar").annotations, undefined);
  });

  it("is explained, as text and as JSON", async () => {
    const file = "FROM scratch\nCOPY d /explained\n";
    await slipway.ok(["build", "-q", "-f", "-", "context"], { stdin: file });
    assert.equal(
      await slipway.ok(["build", "-f", "-", "--explain", "context"], { stdin: file }),
      "every step was cached",
    );
    writeFileSync(at("context/d/file"), "changed\n");
    const json = await slipway.ok(["build", "-f", "-", "--explain=json", "context"], { stdin: file });
    assert.deepEqual(JSON.parse(json), [
      {
        step: "[1/1] COPY d /explained",
        kind: "changed",
        part: "files",
        text: "the content of file changed",
      },
    ]);
  });

  it("is not made when only checks are wanted, which find faults in every stage", async () => {
    const check = (text: string) => slipway.run(["build", "--check", "-f", "-", "context"], { stdin: text });
    writeFileSync(at("context/.dockerignore"), "ignored\n");
    const fine = await check("FROM scratch\nCOPY d /d\n");
    assert.deepEqual([fine.code, fine.out], [0, "Check complete, no warnings found.\n"]);
    const { code, out } = await check(
      "FROM scratch as one\nMAINTAINER me\nFROM scratch\nCOPY ignored /\nRUN nothing\n",
    );
    assert.equal(code, 1);
    for (const rule of ["FromAsCasing", "MaintainerDeprecated", "CopyIgnoredFile"])
      assert.ok(out.includes(rule), out);
  });

  const wrong: readonly [args: readonly string[], message: RegExp][] = [
    [["-o", "type=nonsense"], /expected type=local\|tar\|oci\|docker\|image\|registry/],
    [["-o", "type=local"], /expected dest=DIRECTORY/],
    [["-o", "type=oci,dest=context/wrong,tar=false"], /wrong\/index\.json is no index of an OCI layout/],
    [["--annotation", "manifest[linux/s390x]:a=b"], /expected a platform of this build/],
    [["-o", "type=image,nonsense=1"], /there is no nonsense/],
    [["-o", "-", "-o", "type=oci"], /conflicting options: two outputs and one standard output/],
    [["--push"], /invalid value "" for --push: expected a tag/],
    [["--squash"], /--squash is not supported(.|\n)*let a last stage copy/],
    [["--push", "-t", "127.0.0.1:1/x:1"], /127\.0\.0\.1:1/],
  ];
  for (const [args, message] of wrong) {
    it(`refuses ${args.join(" ")}`, async () => {
      const { code, err } = await slipway.run(["build", ...args, "context"]);
      assert.notEqual(code, 0);
      assert.match(err, message);
    });
  }
});
