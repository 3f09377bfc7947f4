import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { digestOf } from "../../core/digest.ts";
import { parseManifest } from "../../image/manifest.ts";
import { FakeRegistry } from "../registry/client/fake-registry.ts";
import { requiresPeerRegistry } from "../registry/client/support.ts";
import { TestRegistry } from "../registry/server/support.ts";
import { requiresBaseImage } from "../support/requires.ts";
import { Slipway } from "./support/slipway.ts";

interface Referrer {
  readonly digest: string;
  readonly artifactType: string;
  readonly annotations: Readonly<Record<string, string>>;
}
interface SpdxPackage {
  readonly name: string;
  readonly versionInfo: string;
  readonly externalRefs?: readonly { readonly referenceLocator: string }[];
}
/** What dpkg-query needs of Debian. */
const QUERY_FILES = [
  "./lib",
  "./lib64",
  "./usr/lib64/ld-linux*",
  "./usr/lib/*/ld-linux*",
  "./usr/lib/ld-linux*",
  "./usr/lib/*/libc.so.6",
  "./usr/lib/*/libmd.so*",
  "./usr/bin/dpkg-query",
  "./var/lib/dpkg/status",
  "./etc/os-release",
  "./usr/lib/os-release",
];
const PREDICATES = ["https://slsa.dev/provenance/v1", "https://spdx.dev/Document"];

describe("attestations", () => {
  let slipway: Slipway;
  const at = (path: string): string => slipway.scratch.join(path);
  const build = (...args: readonly string[]): Promise<string> =>
    slipway.ok(["build", "-q", ...args, "context"]);
  const both = ["--provenance=true", "--sbom=true"];

  before(async function () {
    slipway = await Slipway.open(this);
    mkdirSync(at("context"));
    writeFileSync(at("context/Dockerfile"), "FROM busybox\nRUN echo built > /built\n");
  });
  after(async () => slipway?.[Symbol.asyncDispose]());

  it("are listed and read as docker's templates have them, and the image is the same with and without", async () => {
    const plain = await build("-t", "app:1");
    const document = async (): Promise<string> => slipway.ok(["inspect", "app:1"]);
    const before = await document();
    const none = await slipway.run(["attest", "inspect", "app:1"]);
    assert.match(none.err, /nothing is attested of image app:1/);
    assert.equal(await build("-t", "app:1", ...both), plain);
    assert.equal(await document(), before);
    const listed = await slipway.ok(["attest", "ls", "--format", "{{.Kind}} {{.Predicate}}", "app:1"]);
    assert.equal(listed, `provenance ${PREDICATES[0]}\nsbom ${PREDICATES[1]}`);
    const digests = (): Promise<string> => slipway.ok(["attest", "ls", "-q", "app:1"]);
    const first = await digests();
    assert.match(first, /^sha256:[0-9a-f]{64}\nsha256:[0-9a-f]{64}$/);
    await build("-t", "app:1", "--no-cache", "--attest", "type=provenance", "--attest", "type=sbom");
    assert.equal(await digests(), first);
    const read = (template: string) => slipway.ok(["attest", "inspect", "--format", template, "app:1"]);
    assert.equal(await read("{{.SBOM.SPDX.spdxVersion}}"), "SPDX-2.3");
    assert.match(await read("{{json .Provenance.SLSA}}"), /"pkg:docker\/busybox@latest\?platform=/);
  });

  it("list every package that dpkg has, with its version", async function () {
    const { tar } = requiresBaseImage(this, "debian:bookworm");
    mkdirSync(at("context/rootfs"));
    // Members that are missing on some architectures make tar fail after it took the others.
    spawnSync("tar", ["-xf", tar, "-C", at("context/rootfs"), "--wildcards", ...QUERY_FILES]);
    writeFileSync(at("context/debian"), "FROM scratch\nCOPY rootfs /\n");
    await build("-t", "packages:1", "--sbom=true", "-f", "context/debian");
    const query = ["dpkg-query", "-W", "-f", "${db:Status-Status} ${Package}=${Version}\\n"];
    const installed = (await slipway.ok(["run", "--rm", "packages:1", ...query]))
      .split("\n")
      .flatMap((line) => (line.startsWith("installed ") ? [line.slice("installed ".length)] : []));
    assert.ok(installed.length > 20);
    const spdx = JSON.parse(
      await slipway.ok(["attest", "inspect", "--format", "{{json .SBOM.SPDX.packages}}", "packages:1"]),
    ) as readonly SpdxPackage[];
    const packages = spdx.slice(1).map(({ name, versionInfo }) => `${name}=${versionInfo}`);
    assert.deepEqual(packages.sort(), installed.sort());
    const dpkg = spdx.find(({ name }) => name === "dpkg");
    assert.match(
      dpkg?.externalRefs?.[0]?.referenceLocator ?? "",
      /^pkg:deb\/debian\/dpkg@1\..*distro=debian-12/,
    );
  });

  it("are pushed as referrers of the manifest the registry has", async () => {
    await using registry = await TestRegistry.open();
    const name = `127.0.0.1:${registry.port}/team/app:1`;
    const plain = `127.0.0.1:${registry.port}/team/plain:1`;
    await build("-t", name, ...both, "--push", "--metadata-file", "meta.json");
    const metadata = JSON.parse(readFileSync(at("meta.json"), "utf8")) as Record<string, string>;
    const digest = metadata["containerimage.digest"];
    const { body } = await registry.send("GET", `/v2/team/app/referrers/${digest}`);
    const { manifests } = JSON.parse(body.toString()) as { readonly manifests: readonly Referrer[] };
    assert.deepEqual(
      manifests.map((one) => `${one.artifactType} ${one.annotations["in-toto.io/predicate-type"]}`).sort(),
      PREDICATES.map((type) => `application/vnd.in-toto+json ${type}`),
    );
    for (const one of manifests) {
      const manifest = parseManifest(
        (await registry.send("GET", `/v2/team/app/manifests/${one.digest}`)).body,
      );
      assert.ok(manifest.kind === "image");
      const [layer] = manifest.layers;
      const statement = (await registry.send("GET", `/v2/team/app/blobs/${layer?.digest}`)).body;
      assert.equal(digestOf(statement), layer?.digest);
      const { subject } = JSON.parse(statement.toString()) as {
        readonly subject: readonly { readonly digest: Readonly<Record<string, string>> }[];
      };
      assert.deepEqual(subject[0]?.digest, { sha256: digest?.slice("sha256:".length) });
    }
    await build("-t", plain, ...both.map((flag) => flag.replace("true", "false")), "--push");
    const { headers } = await registry.send("HEAD", "/v2/team/plain/manifests/1");
    assert.equal(headers["docker-content-digest"], digest, "the image is the same without");
    const without = await registry.send("GET", `/v2/team/plain/referrers/${digest}`);
    assert.deepEqual(JSON.parse(without.body.toString()).manifests, []);
  });

  it("are listed under a tag where the registry does not list referrers, beside what others put there", async () => {
    await using registry = await FakeRegistry.start();
    const name = `${registry.host}/app:1`;
    await build("-t", name, "--sbom=true", "--push");
    const list = () => {
      const [tag = "", ...more] = [...registry.manifests.keys()].filter((key) =>
        key.startsWith("app:sha256-"),
      );
      assert.deepEqual(more, []);
      const { raw, type } = registry.manifests.get(tag) ?? { raw: Buffer.alloc(0), type: "" };
      const { manifests } = JSON.parse(raw.toString()) as { readonly manifests: readonly Referrer[] };
      return { tag, type, manifests };
    };
    const first = list();
    const { raw = Buffer.alloc(0) } = registry.manifests.get("app:1") ?? {};
    assert.equal(first.tag, `app:${digestOf(raw).replace(":", "-")}`);
    assert.equal(first.type, "application/vnd.oci.image.index.v1+json");
    assert.deepEqual(
      first.manifests.map(({ annotations }) => annotations["in-toto.io/predicate-type"]),
      [PREDICATES[1]],
    );
    await build("-t", name, "--provenance=true", "--push");
    await build("-t", name, "--provenance=true", "--push");
    const second = list();
    assert.equal(second.manifests.length, 2);
    assert.deepEqual(second.manifests[0], first.manifests[0]);
  });

  it("are found in the reference registry", async function () {
    const host = requiresPeerRegistry(this);
    const name = `${host}/slipway-attested:${process.pid}`;
    await build("-t", name, ...both, "--push", "--metadata-file", "meta.json");
    const metadata = JSON.parse(readFileSync(at("meta.json"), "utf8")) as Record<string, string>;
    const digest = metadata["containerimage.digest"] ?? "";
    const base = `http://${host}/v2/slipway-attested`;
    const api = await fetch(`${base}/referrers/${digest}`);
    const found = api.ok
      ? api
      : await fetch(`${base}/manifests/${digest.replace(":", "-")}`, {
          headers: { accept: "application/vnd.oci.image.index.v1+json" },
        });
    const { manifests } = (await found.json()) as { readonly manifests: readonly Referrer[] };
    const types = manifests.map(({ annotations }) => annotations["in-toto.io/predicate-type"]);
    for (const type of PREDICATES) assert.ok(types.includes(type), type);
  });

  it("that are for images alone are no hindrance where files are wanted", async () => {
    await build("--provenance=mode=min,inline-only=true", "-o", "out");
    assert.equal(readFileSync(at("out/built"), "utf8"), "built\n");
  });
});
