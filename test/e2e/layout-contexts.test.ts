import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { appendFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "mocha";
import { Slipway } from "./support/slipway.ts";

const BOTH = ["--platform", "linux/amd64,linux/arm64"];
const ARCHITECTURES = ["amd64", "arm64"];

describe("a build context that is an image in an OCI layout", () => {
  let slipway: Slipway;

  const at = (path: string): string => slipway.scratch.join(path);
  const file = (path: string, content: string): void => {
    mkdirSync(dirname(at(path)), { recursive: true });
    writeFileSync(at(path), content);
  };
  const ok = (...args: readonly string[]): Promise<string> => slipway.ok(args);
  const build = (layout: string, dockerfile: string) => {
    const context = ["--build-context", `base=oci-layout://${layout}`];
    return slipway.run(["build", "--progress", "plain", ...context, "-f", "-", "context"], {
      stdin: dockerfile,
    });
  };
  /** What the commands of the build write. */
  async function shown(layout: string, dockerfile: string): Promise<readonly string[]> {
    const { code, err } = await build(layout, dockerfile);
    assert.equal(code, 0, err);
    return err.split("\n").flatMap((line) => /^#\d+ \d+\.\d+ (.*)$/.exec(line)?.[1] ?? []);
  }
  function unpack(archive: string, folder: string): void {
    mkdirSync(at(folder));
    execFileSync("tar", ["-xf", at(archive), "-C", at(folder)]);
  }
  const manifestsOf = (folder: string): readonly { readonly digest: string }[] =>
    JSON.parse(readFileSync(at(join(folder, "index.json")), "utf8")).manifests;

  before(async function () {
    slipway = await Slipway.open(this);
    mkdirSync(at("context"));
    file("laid/Dockerfile", "FROM busybox\nARG TEXT\nENV LAID=yes\nRUN echo $TEXT > /text\n");
    file("laid/Both", "FROM scratch\nARG TARGETARCH\nCOPY text.$TARGETARCH /text\n");
    file("laid/OfBoth", "FROM scratch\nCOPY --from=base /text /text\n");
    for (const architecture of ARCHITECTURES) file(`laid/text.${architecture}`, architecture);
    for (const [tag, text] of [
      ["1", "one"],
      ["2", "two"],
    ])
      await ok("build", "-q", "-t", `laid:${tag}`, "--build-arg", `TEXT=${text}`, "laid");
    await ok("save", "-o", "laid.tar", "laid:1", "laid:2");
    unpack("laid.tar", "layout");
    await ok("rmi", "laid:1", "laid:2");
    await ok("builder", "prune", "-af");
  });
  after(async () => slipway?.[Symbol.asyncDispose]());

  it("is what a stage begins with or copies from, by tag or digest", async () => {
    assert.deepEqual(await shown("layout:1", "FROM base\nRUN cat /text; echo $LAID\n"), ["one", "yes"]);
    assert.deepEqual(await shown("layout:2", "FROM busybox\nCOPY --from=base /text /text\nRUN cat /text\n"), [
      "two",
    ]);
    assert.deepEqual(
      await shown(
        `layout@${manifestsOf("layout")[0]?.digest}`,
        "FROM busybox\nRUN --mount=from=base,target=/m cat /m/text\n",
      ),
      ["one"],
    );
  });

  it("is that of the platform", async () => {
    await ok("build", "-q", ...BOTH, "-f", "laid/Both", "-o", "type=oci,dest=both.tar", "laid");
    unpack("both.tar", "both");
    const context = ["--build-context", "base=oci-layout://both"];
    await ok("build", "-q", ...BOTH, ...context, "-f", "laid/OfBoth", "-o", "out", "laid");
    for (const architecture of ARCHITECTURES)
      assert.equal(readFileSync(at(`out/linux_${architecture}/text`), "utf8"), architecture);
  });

  const wrong: readonly [layout: string, message: RegExp][] = [
    ["nowhere", /path "nowhere" not found/],
    ["context", /OCI layout ".*context": .*index\.json/],
    ["layout:3", /there is no image 3 in it, but 1, 2, docker\.io/],
    ["layout", /there is no image latest in it, but 1, 2, docker\.io/],
    ["layout@sha256:1", /expected oci-layout:\/\/PATH\[:tag\|@sha256:<64 hex digits>\]/],
    [`layout@sha256:${"0".repeat(64)}`, /blob sha256:0{64} is missing/],
    ["broken:1", /content does not match its digest/],
  ];
  for (const [layout, message] of wrong)
    it(`is refused as ${layout}`, async () => {
      if (layout === "broken:1") breakManifests();
      const { code, err } = await build(layout, "FROM base\nRUN true\n");
      assert.notEqual(code, 0);
      assert.match(err, message);
    });

  /** A copy of the layout in which the manifests are not what their digests say. */
  function breakManifests(): void {
    cpSync(at("layout"), at("broken"), { recursive: true });
    for (const { digest } of manifestsOf("broken"))
      appendFileSync(at(join("broken/blobs", digest.replace(":", "/"))), " ");
  }
});
