import assert from "node:assert/strict";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { BuildRequest } from "../../../builder/types.ts";
import type { AttestationsWanted } from "../../../core/build-attestations.ts";
import { type Digest, digestOf } from "../../../core/digest.ts";
import { describeError } from "../../../core/errors.ts";
import { rpmHeader, sqliteFile } from "../../image/packages/rpm-files.ts";
import { requiresOverlay } from "../../support/requires.ts";
import { BuildFixture, type FakeCommand } from "../support/build-fixture.ts";

const SECRET = "the-value-of-a-secret";
const DOCKERFILE = [
  "FROM base:1 AS base",
  "ARG TOKEN",
  "RUN --mount=type=secret,id=key,required --mount=type=secret,id=other true",
  "COPY a /a",
  "LABEL x=$TOKEN",
];
const REQUEST = {
  buildArgs: { TOKEN: "argument-value", http_proxy: "http://user:password@proxy" },
  labels: { own: "label-value" },
  target: "base",
  secrets: { secret: async () => Buffer.from(SECRET) },
};

describe("attestations of a build", () => {
  let fixture: BuildFixture;

  before(async function () {
    requiresOverlay(this);
    fixture = await BuildFixture.open();
    mkdirSync(fixture.scratch.join("context"));
    writeFileSync(fixture.scratch.join("context/a"), "a\n");
    const { image, config } = await fixture.build(["FROM scratch", "COPY a /base"]);
    const base = { id: image, digest: digestOf("base"), config, layers: config.rootfs.diff_ids };
    fixture.images.set("docker.io/library/base:1", { reference: "docker.io/library/base:1", ...base });
  });
  after(async () => fixture?.[Symbol.asyncDispose]());

  async function predicates(
    image: Digest,
  ): Promise<{ readonly provenance?: string; readonly sbom?: string }> {
    const found = await fixture.store.attestations.read(image);
    return Object.fromEntries(found.map(({ kind, document }) => [kind, document.toString()]));
  }
  const attested = async (attestations: AttestationsWanted) => {
    const { image } = await fixture.build(DOCKERFILE, { ...REQUEST, attestations });
    return { image, ...(await predicates(image)) };
  };

  it("leave the image as it is without them, and are equal for equal builds", async () => {
    const plain = await fixture.build(DOCKERFILE, REQUEST);
    const { manifest } = fixture.store.images.get(plain.image);
    const wanted = { provenance: { mode: "max" }, sbom: true } as const;
    const first = await attested(wanted);
    assert.equal(first.image, plain.image);
    assert.deepEqual(fixture.store.images.get(first.image).manifest, manifest);
    await using other = await BuildFixture.open();
    mkdirSync(other.scratch.join("context"));
    writeFileSync(other.scratch.join("context/a"), "a\n");
    other.now += 1000;
    const build = (one: BuildFixture, more: Partial<BuildRequest> = {}) =>
      one.build(["FROM scratch", "COPY a /both"], { sourceDateEpoch: 1, attestations: wanted, ...more });
    const [here, there] = [await build(fixture), await build(other)];
    assert.equal(here.image, there.image);
    await build(fixture, { noCache: true });
    assert.deepEqual(fixture.store.attestations.list(here.image), other.store.attestations.list(here.image));
  });

  it("tell with mode=min no value of arguments and labels, and name what went in", async () => {
    const { provenance = "" } = await attested({ provenance: {} });
    for (const value of ["argument-value", "label-value", "password", SECRET, fixture.scratch.path])
      assert.ok(!provenance.includes(value), value);
    const { buildDefinition, runDetails } = JSON.parse(provenance);
    assert.deepEqual(buildDefinition.externalParameters, {
      configSource: { path: "Dockerfile" },
      request: {
        frontend: "dockerfile.v0",
        args: { target: "base" },
        locals: [{ name: "context" }, { name: "dockerfile" }],
      },
    });
    const [base] = buildDefinition.resolvedDependencies;
    assert.match(base.uri, /^pkg:docker\/base@1\?platform=linux%2F/);
    assert.deepEqual(base.digest, { sha256: digestOf("base").slice(7) });
    assert.deepEqual(runDetails.metadata.buildkit_completeness, {
      request: false,
      resolvedDependencies: false,
    });
  });

  it("tell with mode=max arguments, the Dockerfile and ids of secrets, but no secret", async () => {
    const { provenance = "" } = await attested({ provenance: { mode: "max" } });
    for (const value of ["password", SECRET, fixture.scratch.path])
      assert.ok(!provenance.includes(value), value);
    const { buildDefinition, runDetails } = JSON.parse(provenance);
    const { request } = buildDefinition.externalParameters;
    assert.deepEqual(request.args, {
      "build-arg:TOKEN": "argument-value",
      "label:own": "label-value",
      target: "base",
    });
    assert.deepEqual(request.secrets, [{ id: "key" }, { id: "other", optional: true }]);
    const { steps } = buildDefinition.internalParameters.buildConfig;
    assert.deepEqual(
      steps
        .map(({ name }: { readonly name: string }) => name)
        .filter((name: string) => name.includes("COPY")),
      ["[base 3/3] COPY a /a"],
    );
    const [{ data }] = runDetails.metadata.buildkit_metadata.source.infos;
    assert.equal(Buffer.from(data, "base64").toString(), `${DOCKERFILE.join("\n")}\n`);
  });

  it("stay when a later build says nothing, and go when it says no", async () => {
    const { image } = await attested({ provenance: {}, sbom: true });
    await fixture.build(DOCKERFILE, REQUEST);
    assert.deepEqual(Object.keys(await predicates(image)), ["provenance", "sbom"]);
    await attested({ provenance: false });
    assert.deepEqual(Object.keys(await predicates(image)), ["sbom"]);
  });

  it("are kept by their image alone", async () => {
    const { image } = await fixture.build(["FROM scratch", "COPY a /kept"], {
      attestations: { sbom: true },
    });
    const [{ predicate } = { predicate: image }] = fixture.store.attestations.list(image);
    await fixture.store.collect();
    assert.ok(fixture.store.content.stat(predicate));
    fixture.store.images.remove(image);
    await fixture.store.collect();
    assert.equal(fixture.store.content.stat(predicate), undefined);
    assert.deepEqual((await fixture.store.check()).problems, []);
  });
});

describe("the scan of packages", () => {
  const STATUS = "Package: p\nStatus: install ok installed\nVersion: 1\n";
  let fixture: BuildFixture;

  before(async function () {
    requiresOverlay(this);
    fixture = await BuildFixture.open();
    mkdirSync(fixture.scratch.join("context"));
    writeFileSync(fixture.scratch.join("context/a"), "a\n");
    const { image: id, config } = await fixture.build(["FROM scratch", "COPY a /base"]);
    const reference = "docker.io/library/base:1";
    fixture.images.set(reference, { reference, id, config, layers: config.rootfs.diff_ids });
  });
  after(async () => fixture?.[Symbol.asyncDispose]());

  async function scanned(title: string, command: FakeCommand): Promise<readonly string[]> {
    fixture.command = command;
    const { image } = await fixture.build(["FROM base:1", `RUN ${title}`], { attestations: { sbom: true } });
    const [found] = await fixture.store.attestations.read(image);
    const { packages, creationInfo } = JSON.parse(found?.document.toString() ?? "");
    return [
      ...packages.slice(1).map(({ name }: { readonly name: string }) => name),
      creationInfo.comment ?? "",
    ];
  }
  const put = (upper: string, path: string, text: string | Buffer): void => {
    mkdirSync(dirname(join(upper, path)), { recursive: true });
    writeFileSync(join(upper, path), text);
  };

  it("reads the folder of images without dpkg, and apk's database", async () => {
    const found = await scanned("write both", (_, upper) => {
      put(upper, "var/lib/dpkg/status.d/p", STATUS);
      put(upper, "var/lib/dpkg/status.d/p.md5sums", "x");
      put(upper, "lib/apk/db/installed", "P:q\nV:2\n");
      return 0;
    });
    assert.deepEqual(found, ["q", "p", ""]);
  });

  it("reads RPM's database once, however many ways lead to it, and says of changes beside it", async () => {
    const headers = ["one", "two"].map((name) => rpmHeader({ 1000: name, 1001: "1", 1002: "1" }));
    const found = await scanned("write rpm", (_, upper) => {
      put(upper, "usr/lib/sysimage/rpm/rpmdb.sqlite", sqliteFile(headers));
      put(upper, "usr/lib/sysimage/rpm/rpmdb.sqlite-wal", "x");
      mkdirSync(join(upper, "var/lib"), { recursive: true });
      symlinkSync("../../usr/lib/sysimage/rpm", join(upper, "var/lib/rpm"));
      return 0;
    });
    const folder = "/var/lib/rpm";
    const note = `What ${folder}/rpmdb.sqlite-wal has to change of ${folder}/rpmdb.sqlite is not taken into account.`;
    assert.deepEqual(found, ["one", "two", note]);
  });

  it("fails for a database of RPM's that it cannot read", async () => {
    const scanning = scanned("write no rpm", (_, upper) => {
      put(upper, "var/lib/rpm/Packages", "x");
      return 0;
    });
    await assert.rejects(scanning, /Packages|expected a database of packages that is whole/);
  });

  it("refuses to read more than the image, as BuildKit does for some arguments", async () => {
    const attestations = { sbom: true };
    const arg = "ARG BUILDKIT_SBOM_SCAN_STAGE";
    const refused = /BUILDKIT_SBOM_SCAN_STAGE=true is not supported/;
    await assert.rejects(fixture.build([`${arg}=true`, "FROM base:1"], { attestations }), refused);
    const buildArgs = { BUILDKIT_SBOM_SCAN_STAGE: "true" };
    await assert.rejects(fixture.build(["FROM base:1", arg], { attestations, buildArgs }), refused);
    await fixture.build(["FROM base:1", `${arg}=false`], { attestations });
    await fixture.build(["FROM base:1", `${arg}=true`]);
  });

  it("follows links inside the image only", async () => {
    const outside = fixture.scratch.join("outside");
    writeFileSync(outside, STATUS.replace("Package: p", "Package: of-the-host"));
    const found = await scanned("link", (_, upper) => {
      put(upper, "real/status", STATUS);
      mkdirSync(join(upper, "var/lib/dpkg"), { recursive: true });
      mkdirSync(join(upper, "lib/apk/db"), { recursive: true });
      symlinkSync("../../../../../../real/status", join(upper, "var/lib/dpkg/status"));
      symlinkSync(outside, join(upper, "lib/apk/db/installed"));
      return 0;
    });
    assert.deepEqual(found, ["p", ""]);
  });

  const hostile: readonly (readonly [title: string, make: (status: string) => void, message: RegExp])[] = [
    ["a directory", (status) => mkdirSync(status), /expected a regular file/],
    ["a file without end", (status) => writeFileSync(status, Buffer.alloc((32 << 20) + 1)), /at most/],
    [
      "too many packages",
      (status) => writeFileSync(status, "Package: p\nVersion: 1\n\n".repeat(50_001)),
      /at most/,
    ],
  ];
  for (const [title, make, message] of hostile)
    it(`fails for ${title}`, async () => {
      const scanning = scanned(title, (_, upper) => {
        mkdirSync(join(upper, "var/lib/dpkg"), { recursive: true });
        make(join(upper, "var/lib/dpkg/status"));
        return 0;
      });
      const said = await scanning.then(
        () => "nothing",
        (error: unknown) => describeError(error),
      );
      assert.match(said, message);
    });
});
