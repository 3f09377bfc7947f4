import assert from "node:assert/strict";
import { digestOf, hexOf } from "../../../core/digest.ts";
import { encodeProvenance, type ProvenanceFacts } from "../../../image/attestations/provenance.ts";
import { encodeSpdx } from "../../../image/attestations/spdx.ts";
import { referrerOf } from "../../../image/attestations/statement.ts";
import { parseManifest } from "../../../image/manifest.ts";
import { MEDIA_TYPES } from "../../../image/media-types.ts";

const subject = { mediaType: MEDIA_TYPES.manifest, digest: digestOf("an image"), size: 8 };
const predicate = { type: "https://example.org/p", document: Buffer.from('{"a":1}') };

const FACTS: ProvenanceFacts = {
  builderPlatform: "linux/amd64",
  source: { uri: "https://example.org/r.git", path: "Dockerfile" },
  args: { target: "app" },
  secrets: [],
  ssh: [],
  locals: [],
  materials: [{ uri: "pkg:docker/debian@12", digest: digestOf("base") }],
  complete: { parameters: true, materials: true },
  reproducible: false,
};

describe("an attestation", () => {
  it("is an OCI artifact that refers to the manifest it is about", () => {
    const { manifest, config, statement } = referrerOf(subject, predicate);
    const parsed = parseManifest(manifest.raw);
    assert.equal(parsed.kind, "image");
    assert.ok(parsed.kind === "image");
    assert.equal(parsed.artifactType, "application/vnd.in-toto+json");
    assert.deepEqual(parsed.subject, subject);
    assert.deepEqual(parsed.annotations, { "in-toto.io/predicate-type": predicate.type });
    assert.deepEqual([config.raw.toString(), parsed.config], ["{}", config.blob]);
    assert.deepEqual(parsed.layers, [
      { ...statement.blob, annotations: { "in-toto.io/predicate-type": predicate.type } },
    ]);
    assert.equal(manifest.blob.digest, digestOf(manifest.raw));
    assert.deepEqual(JSON.parse(statement.raw.toString()), {
      _type: "https://in-toto.io/Statement/v1",
      subject: [{ name: "_", digest: { sha256: hexOf(subject.digest) } }],
      predicateType: predicate.type,
      predicate: { a: 1 },
    });
  });

  it("is the same for the same input, and another for another subject", () => {
    const again = referrerOf(subject, predicate);
    assert.equal(referrerOf(subject, predicate).manifest.blob.digest, again.manifest.blob.digest);
    const other = referrerOf({ ...subject, digest: digestOf("another") }, predicate);
    assert.notEqual(other.manifest.blob.digest, again.manifest.blob.digest);
  });
});

describe("a provenance", () => {
  it("has what SLSA 1 requires", () => {
    const { type, document } = encodeProvenance(FACTS, "v1");
    const { buildDefinition, runDetails } = JSON.parse(document.toString()) as Record<string, object>;
    assert.equal(type, "https://slsa.dev/provenance/v1");
    assert.deepEqual(buildDefinition, {
      buildType: "https://github.com/moby/buildkit/blob/master/docs/attestations/slsa-definitions.md",
      externalParameters: {
        configSource: FACTS.source,
        request: { frontend: "dockerfile.v0", args: FACTS.args },
      },
      internalParameters: { builderPlatform: "linux/amd64" },
      resolvedDependencies: [{ uri: "pkg:docker/debian@12", digest: { sha256: hexOf(digestOf("base")) } }],
    });
    assert.match(JSON.stringify(runDetails), /"builder":\{"id":"pkg:generic\/slipway"/);
  });

  it("has what SLSA 0.2 requires", () => {
    const { type, document } = encodeProvenance({ ...FACTS, builderId: "https://ci" }, "v0.2");
    assert.equal(type, "https://slsa.dev/provenance/v0.2");
    assert.deepEqual(JSON.parse(document.toString()), {
      builder: { id: "https://ci" },
      buildType: "https://mobyproject.org/buildkit@v1",
      invocation: {
        configSource: { uri: "https://example.org/r.git", entryPoint: "Dockerfile" },
        parameters: { frontend: "dockerfile.v0", args: { target: "app" } },
        environment: { platform: "linux/amd64" },
      },
      metadata: {
        completeness: { parameters: true, environment: true, materials: true },
        reproducible: false,
      },
      materials: [{ uri: "pkg:docker/debian@12", digest: { sha256: hexOf(digestOf("base")) } }],
    });
  });
});

describe("a list of packages", () => {
  const contents = {
    image: digestOf("image"),
    created: "2024-05-06T07:08:09.123456789Z",
    system: { id: "debian", versionId: "12" },
    packages: ["b", "a", "a"].map((name) => ({ type: "deb", name, version: "1", maintainer: "A B <a@b>" })),
    notes: ["something was not read"],
  };

  it("is an SPDX document in which the image contains each package once", () => {
    const { document } = encodeSpdx(contents);
    const spdx = JSON.parse(document.toString()) as {
      readonly packages: readonly Readonly<Record<string, unknown>>[];
      readonly relationships: readonly Readonly<Record<string, string>>[];
      readonly creationInfo: Readonly<Record<string, unknown>>;
      readonly documentNamespace: string;
    };
    assert.deepEqual(
      spdx.packages.map(({ name }) => name),
      [contents.image, "a", "b"],
    );
    assert.equal(spdx.packages[1]?.["originator"], "Person: A B (a@b)");
    assert.ok(spdx.packages.every(({ SPDXID }) => /^SPDXRef-[A-Za-z0-9.-]+$/.test(String(SPDXID))));
    assert.deepEqual(
      spdx.relationships.map(({ relationshipType, relatedSpdxElement }) => [
        relationshipType,
        relatedSpdxElement,
      ]),
      [["DESCRIBES", "SPDXRef-Image"], ...spdx.packages.slice(1).map(({ SPDXID }) => ["CONTAINS", SPDXID])],
    );
    assert.equal(spdx.creationInfo["created"], "2024-05-06T07:08:09Z");
    assert.equal(spdx.creationInfo["comment"], "something was not read");
    assert.ok(URL.canParse(spdx.documentNamespace) && !spdx.documentNamespace.includes("#"));
  });

  it("is the same for packages in any order", () => {
    const reversed = { ...contents, packages: contents.packages.toReversed() };
    assert.deepEqual(encodeSpdx(reversed), encodeSpdx(contents));
  });
});
