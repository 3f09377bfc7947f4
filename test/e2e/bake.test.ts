import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { Slipway } from "./support/slipway.ts";

const BAKE = `
variable "TAG" { default = "1" }
group "default" { targets = ["app", "tool"] }
target "app" {
  tags = ["app:\${TAG}"]
  dockerfile = "app.Dockerfile"
  context = "src"
  contexts = { base = "target:base" }
  args = { SAID = "for the app" }
}
target "tool" {
  name = "tool-\${kind}"
  matrix = { kind = ["a", "b"] }
  tags = ["tool-\${kind}:\${TAG}"]
  contexts = { base = "target:base" }
  dockerfile-inline = <<EOF
FROM base
LABEL kind=\${kind}
EOF
}
target "base" {
  dockerfile-inline = <<EOF
FROM busybox
RUN echo made >> /made && wc -l < /made
EOF
}
target "files" {
  context = "src"
  dockerfile-inline = "FROM scratch\\nCOPY f /f\\n"
  output = ["out"]
}
target "attested" {
  context = "src"
  dockerfile-inline = "FROM scratch"
  attest = ["type=sbom,generator=x"]
}
target "stages" {
  dockerfile-inline = <<EOF
FROM busybox AS one
RUN echo 1 > /1
FROM busybox
COPY --from=one /1 /2
EOF
}
target "one" { contexts = { x = "target:two" } }
target "two" { contexts = { x = "target:one" } }
`;

describe("slipway bake", () => {
  let slipway: Slipway;
  before(async function () {
    slipway = await Slipway.open(this);
    const files = {
      "docker-bake.hcl": BAKE,
      "src/app.Dockerfile": "FROM base\nARG SAID\nCOPY f /f\nRUN echo $SAID > /said\n",
      "src/f": "of the context\n",
      "compose/compose.yaml": "services:\n  web:\n    image: web:1\n    build: .\n",
      "compose/Dockerfile": "FROM scratch\nCOPY . /\n",
    };
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(slipway.scratch.join(name)), { recursive: true });
      writeFileSync(slipway.scratch.join(name), text);
    }
  });
  after(async () => slipway?.[Symbol.asyncDispose]());

  it("builds the targets of a group, each after those it begins with, and what they share once", async () => {
    const { code, err } = await slipway.run(["bake", "--progress", "plain", "--metadata-file", "meta.json"]);
    assert.equal(code, 0, err);
    const steps = err.split("\n").filter((line) => /^#\d+ \[base .*RUN/.test(line));
    assert.equal(steps.length, 1, err);
    for (const [name, kind] of [
      ["tool-a:1", "a"],
      ["tool-b:1", "b"],
    ] as const)
      assert.equal(await slipway.ok(["inspect", "-f", "{{.Config.Labels.kind}}", name]), kind);
    assert.equal(
      await slipway.ok(["run", "--rm", "--network", "none", "app:1", "cat", "/made", "/f", "/said"]),
      "made\nof the context\nfor the app",
    );
    const metadata = JSON.parse(readFileSync(slipway.scratch.join("meta.json"), "utf8")) as object;
    assert.deepEqual(Object.keys(metadata).sort(), ["app", "base", "tool-a", "tool-b"]);
  });

  it("takes values from the environment and from --set, and writes files", async () => {
    await slipway.ok(["bake", "app", "--set", "app.args.SAID=otherwise"], { env: { TAG: "2" } });
    assert.equal(
      await slipway.ok(["run", "--rm", "--network", "none", "app:2", "cat", "/said"]),
      "otherwise",
    );
    await slipway.ok(["bake", "files"]);
    assert.equal(readFileSync(slipway.scratch.join("out/f"), "utf8"), "of the context\n");
  });

  it("builds the services of a Compose file", async () => {
    await slipway.ok(["bake"], { cwd: slipway.scratch.join("compose") });
    assert.match(await slipway.ok(["images", "web"]), /web/);
  });

  it("annotates the manifest, and only that", async () => {
    const argv = ["bake", "--metadata-file", "annotated.json", "stages"];
    const digests = async (...more: readonly string[]) => {
      await slipway.ok([...argv, ...more]);
      const { stages } = JSON.parse(readFileSync(slipway.scratch.join("annotated.json"), "utf8")) as {
        readonly stages: Readonly<Record<string, string>>;
      };
      return [stages["containerimage.config.digest"], stages["containerimage.digest"]];
    };
    const [plain, annotated] = [await digests(), await digests("--set", "stages.annotations=a=b")];
    assert.equal(annotated[0], plain[0]);
    assert.notEqual(annotated[1], plain[1]);
    assert.deepEqual(await digests(), plain);
  });

  it("performs the stages of no-cache-filter again", async () => {
    const argv = ["bake", "--progress", "plain", "stages"];
    await slipway.ok(argv);
    const { err } = await slipway.run([...argv, "--set", "stages.no-cache-filter=one"]);
    assert.match(err, /\[stages one 2\/2\] RUN .*\n#\d+ DONE/);
    assert.match(err, /\[stages stage-1 2\/2\] COPY .*\n#\d+ CACHED/);
  });

  it("checks, and lists what there is", async () => {
    const { code, out } = await slipway.run(["bake", "--check", "base"]);
    assert.deepEqual([code, out], [0, "[base]\nCheck complete, no warnings found.\n"]);
    assert.match(await slipway.ok(["bake", "--call", "targets", "base"]), /^\[base\]\nTARGET +DESCRIPTION\n/);
    assert.match(await slipway.ok(["bake", "--list", "targets"]), /^TARGET +DESCRIPTION\n(.|\n)*tool-a/);
    assert.match(await slipway.ok(["bake", "--list=variables"]), /^TAG +1$/m);
  });

  const wrong: readonly [args: readonly string[], message: RegExp][] = [
    [["nothing"], /failed to find target nothing, expected one of app, /],
    [["--set", "app.annotations=index:a=b"], /index of --annotation index:a=b is not supported/],
    [["attested"], /the SBOM generator x is not supported/],
    [["one"], /targets need each other: one -> two -> one/],
    [["-f", "src/f"], /src\/f:1: /],
    [["-f", "none.hcl"], /failed to read bake file none\.hcl/],
    [["--set", "app.nonsense=1"], /invalid value "app\.nonsense=1" for --set/],
    [["--list", "x"], /expected targets or variables/],
  ];
  for (const [args, message] of wrong)
    it(`refuses ${args.join(" ")}`, async () => {
      const { code, err } = await slipway.run(["bake", ...args]);
      assert.notEqual(code, 0);
      assert.match(err, message);
    });
});
