import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { parseDockerfile } from "../../../builder/dockerfile/parse.ts";
import { resolveDockerfile } from "../../../builder/dockerfile/resolve/resolve.ts";
import { makePlan } from "../../../builder/plan/make-plan.ts";
import { UNSUPPORTED_BUILD_FLAGS } from "../../../cli/build-options/flags.ts";
import { bake } from "../../../cli/commands/bake.ts";
import { hostPlatform } from "../../../core/platform.ts";
import { Scratch } from "../../support/scratch.ts";
import { runCli } from "../support/run-cli.ts";

/** Keys of BuildKit's exporters and caches that have no meaning here. */
const IMAGE_KEYS = [
  "push-by-digest",
  "registry.insecure",
  "dangling-name-prefix",
  "name-canonical",
  "oci-artifact",
  "attestation-inline",
  "prefer-nondist-layers",
  "compression-level",
];
const FOLDER_KEYS = ["attestation-prefix", "compression"];
const CACHE_KEYS = ["compression-level", "force-compression", "registry.insecure", "reset"];
const CACHE_TYPES = ["gha", "s3", "azblob"];

type Refused = readonly [args: readonly string[], name: RegExp];
const named = (text: string): RegExp => new RegExp(text.replaceAll(".", "\\."));
const keys: readonly Refused[] = [
  ...IMAGE_KEYS.map((key): Refused => [["--output", `type=image,${key}=1`], named(`there is no ${key}`)]),
  ...FOLDER_KEYS.map((key): Refused => [["-o", `type=local,dest=x,${key}=1`], named(`there is no ${key}`)]),
  ...CACHE_KEYS.map(
    (key): Refused => [
      ["--cache-to", `type=registry,ref=a,${key}=1`],
      named(`--cache-to ${key} is not supported`),
    ],
  ),
  ...CACHE_TYPES.flatMap((type): readonly Refused[] =>
    ["--cache-to", "--cache-from"].map(
      (flag): Refused => [[flag, `type=${type}`], named(`${flag} type=${type} is not supported`)],
    ),
  ),
];

describe("what a build cannot do is refused by name", () => {
  const unsupported = UNSUPPORTED_BUILD_FLAGS.map((name): readonly [readonly string[], RegExp] => [
    [`--${name}=x`],
    new RegExp(`--${name} is not supported`),
  ]);
  const given: readonly (readonly [args: readonly string[], name: RegExp])[] = [
    ...unsupported,
    ...keys,
    [["--output", "type=image,push=yes"], /expected push=true or push=false/],
    [["--output", "type=image,compression=estargz"], /expected compression=gzip or compression=zstd/],
    [["--allow", "fs.read=/"], /invalid value "fs.read=\/" for --allow/],
    [["--secret", "id=a,nonsense=1"], /there is no nonsense/],
    [["--no-cache", "--no-cache-filter=a"], /conflicting options: --no-cache and --no-cache-filter/],
    [["--annotation", "a"], /invalid value "a" for --annotation: expected key=value/],
    [["--annotation", "index:a=b"], /index of --annotation index:a=b is not supported/],
    [["--annotation", "nonsense:a=b"], /invalid value "nonsense" for annotation: expected manifest/],
    [["-o", "type=image,annotation-index.a=b"], /index of annotation-index\.a=b is not supported/],
    [["--squash"], /--squash is not supported/],
    [["--rm=false"], /--rm=false is not supported/],
    [["--output", "type=nonsense"], /invalid value "type=nonsense" for --output/],
    [["--output", "type=local,dest=.,mode=delete"], /a folder that does not hold the working directory/],
    [["--output", "type=local,dest=/,mode=delete"], /a folder that does not hold the working directory/],
    [["--output", "type=local,dest=x,mode=move"], /expected mode=copy or mode=delete/],
    [["--output", "type=image,oci-mediatypes=false"], /expected oci-mediatypes=true/],
    [["--output", "type=image,store=false"], /expected store=true/],
    [["--output", "type=image,rewrite-timestamp=false"], /expected rewrite-timestamp=true/],
    [["--output", "type=image,force-compression=true"], /expected force-compression=true with compression/],
    [["--output", "type=image,source-date-epoch=now"], /expected source-date-epoch=SECONDS/],
    [
      ["-o", "type=image,source-date-epoch=1", "-o", "type=tar,dest=x,source-date-epoch=2"],
      /conflicting options: source-date-epoch=1 and source-date-epoch=2/,
    ],
    [
      ["-o", "type=local,dest=x,platform-split=true"],
      /platform-split=true with one platform is not supported/,
    ],
    [
      ["--platform", "linux/amd64,linux/arm64", "-o", "type=local,dest=x,platform-split=false"],
      /platform-split=false with several platforms is not supported/,
    ],
    [["--isolation=hyperv"], /--isolation=hyperv is not supported/],
    [["--builder=other"], /--builder=other is not supported/],
    [["--output", "type=oci,tar=false"], /expected dest=DIRECTORY with tar=false/],
    [["--output", "type=docker,dest=x,tar=false"], /expected tar=true/],
    [
      ["--platform", "linux/amd64,linux/arm64", "-o", "type=docker,dest=x"],
      /type=docker with several platforms/,
    ],
    [
      ["--platform", "linux/amd64,linux/arm64", "--cache-to", "type=local,dest=x"],
      /--cache-to with several platforms/,
    ],
    [
      ["--cache-to", "type=inline,mounts=true"],
      /--cache-to type=inline with mounts=true is not supported\nhint: an image has no place for cache mounts/,
    ],
    [["--cache-to", "type=registry,ref=a,mounts=all"], /expected mounts=true or mounts=false/],
    [["--cache-from", "type=registry,ref=a,mounts=true"], /there is no mounts/],
    [["--sbom=generator=image"], /the SBOM generator image is not supported/],
    [["--sbom=true", "--attest", "type=sbom"], /two attestations of type sbom/],
    [["--sbom=true", "-o", "out"], /attestations and --output to files/],
    [["--provenance=mode=most"], /expected mode=min or mode=max/],
    [["--provenance=version=v2"], /expected version=v1 or version=v0\.2/],
    [["--provenance=filename=x"], /filename of --provenance filename=x is not supported/],
    [["--attest", "type=vex"], /expected type=provenance or type=sbom/],
    [["--allow", "device"], /invalid value "device" for --allow/],
    [["--network", "bridge"], /invalid value "bridge" for --network/],
    [["--progress", "fancy"], /invalid value "fancy" for --progress/],
    [["--nonsense"], /unknown flag: --nonsense/],
  ];
  for (const [args, name] of given)
    it(args.join(" "), async () => {
      using scratch = new Scratch();
      writeFileSync(scratch.join("Dockerfile"), "FROM scratch\n");
      const { code, err, calls } = await runCli(["build", ...args, "."], { cwd: scratch.path });
      assert.notEqual(code, 0);
      assert.match(err, name);
      assert.deepEqual(calls, []);
    });

  it("bake --builder=other", async () => {
    const { code, err } = await runCli(["bake", "--builder=other"]);
    assert.notEqual(code, 0);
    assert.match(err, /--builder=other is not supported/);
  });

  for (const name of bake.unsupported ?? [])
    it(`bake --${name}`, async () => {
      const { code, err } = await runCli(["bake", `--${name}=x`]);
      assert.notEqual(code, 0);
      assert.match(err, named(`--${name} is not supported`));
    });

  it("RUN --device", async () => {
    const text = "FROM scratch\nRUN --device=vendor/class true\n";
    const resolved = await resolveDockerfile(parseDockerfile(text, "Dockerfile"), {
      buildArgs: new Map(),
      buildPlatform: hostPlatform(),
      loadImage: () => assert.fail("scratch is no image"),
    });
    const options = {
      imageOf: () => assert.fail("scratch is no image"),
      network: "default",
      extraHosts: [],
      allow: [],
      cacheNamespace: "",
    } as const;
    assert.throws(() => makePlan(resolved, options), /RUN --device is not supported/);
  });
});
