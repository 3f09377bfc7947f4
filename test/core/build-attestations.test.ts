import assert from "node:assert/strict";
import { attestationAttributes, attestationText, readAttestation } from "../../core/build-attestations.ts";
import { readFrontendAttrs } from "../../daemon/buildkit/frontend-attrs.ts";

describe("attestations that are asked for", () => {
  const read: readonly (readonly [
    text: string,
    kind: "provenance" | "sbom" | undefined,
    expected: object,
  ])[] = [
    ["true", "provenance", { provenance: {} }],
    ["", "sbom", { sbom: true }],
    ["false", "sbom", { sbom: false }],
    ["disabled=true", "provenance", { provenance: false }],
    ["mode=max,version=v0.2", "provenance", { provenance: { mode: "max", version: "v0.2" } }],
    ["type=provenance", undefined, { provenance: {} }],
    ["type=sbom,disabled=false", undefined, { sbom: true }],
    [
      'type=provenance,"builder-id=https://ci?a,b",reproducible=1,inline-only=true',
      undefined,
      { provenance: { builderId: "https://ci?a,b", reproducible: true, inlineOnly: true } },
    ],
  ];
  for (const [text, kind, expected] of read)
    it(`are read from ${kind ?? "attest"} ${JSON.stringify(text)}`, () =>
      assert.deepEqual(readAttestation("--attest", text, kind), expected));

  for (const text of ["", "sbom", "type=", "mode=max", "type=provenance,reproducible=x", 'type="sbom'])
    it(`are refused in ${JSON.stringify(text)}`, () =>
      assert.throws(() => readAttestation("--attest", text), /invalid value .* for --attest/));

  it("are written in full", () => {
    assert.equal(attestationText("sbom", "true"), "type=sbom,disabled=false");
    assert.equal(attestationText("provenance", "mode=max"), "type=provenance,mode=max");
  });

  it("go to BuildKit's frontend and come back", () => {
    const wanted = {
      provenance: { mode: "max", version: "v0.2", builderId: 'a,"b', reproducible: true, inlineOnly: false },
      sbom: false,
    } as const;
    const { options } = readFrontendAttrs(new Map(attestationAttributes(wanted)));
    assert.deepEqual(options.attestations, wanted);
  });

  it("are read from what BuildKit's frontend is asked for", () => {
    const attrs = { "attest:provenance": "mode=max", "attest:sbom": "disabled=true" };
    const { options } = readFrontendAttrs(new Map(Object.entries(attrs)));
    assert.deepEqual(options.attestations, { provenance: { mode: "max" }, sbom: false });
    assert.equal(readFrontendAttrs(new Map()).options.attestations, undefined);
    assert.throws(() => readFrontendAttrs(new Map([["attest:vex", ""]])), /attest:vex is not supported/);
  });
});
