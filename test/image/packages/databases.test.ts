import assert from "node:assert/strict";
import { parseApkInstalled, parseDpkgStatus } from "../../../image/packages/databases.ts";
import { parseOsRelease } from "../../../image/packages/os-release.ts";
import { urlOf } from "../../../image/packages/package.ts";
import { packageUrl } from "../../../image/packages/package-url.ts";

const DPKG = `Package: bash
Status: install ok installed
Architecture: amd64
Maintainer: Matthias Klose <doko@debian.org>
Version: 5.2.15-2+b8
Source: bash (5.2.15-2)
Homepage: http://tiswww.case.edu/php/chet/bash/bashtop.html
Description: GNU Bourne Again SHell
 Package: not-a-package
 .
 Version: 1

Package: gone
Status: deinstall ok config-files
Version: 1.0

Package: half
Status: install ok half-configured
Version: 2:1~rc1

Version: 3
Status: install ok installed
`;

const APK = `C:Q1abc=
P:musl
V:1.2.4-r2
A:x86_64
L:MIT
U:https://musl.libc.org/
o:musl
m:Timo Teras <timo.teras@iki.fi>
F:lib

P:musl-utils
V:1.2.4-r2
A:x86_64
o:musl
`;

describe("package databases", () => {
  it("of dpkg list what has files, with the source it was made of", () => {
    assert.deepEqual(parseDpkgStatus(DPKG), [
      {
        type: "deb",
        name: "bash",
        version: "5.2.15-2+b8",
        architecture: "amd64",
        source: "bash@5.2.15-2",
        maintainer: "Matthias Klose <doko@debian.org>",
        homepage: "http://tiswww.case.edu/php/chet/bash/bashtop.html",
      },
      { type: "deb", name: "half", version: "2:1~rc1" },
    ]);
  });

  it("of dpkg without states list what is installed", () => {
    assert.deepEqual(parseDpkgStatus("Package: tzdata\nVersion: 2024a\n"), [
      { type: "deb", name: "tzdata", version: "2024a" },
    ]);
  });

  it("of apk list packages with their licenses and origins", () => {
    const [musl, utils] = parseApkInstalled(APK);
    assert.deepEqual(musl, {
      type: "apk",
      name: "musl",
      version: "1.2.4-r2",
      architecture: "x86_64",
      maintainer: "Timo Teras <timo.teras@iki.fi>",
      license: "MIT",
      homepage: "https://musl.libc.org/",
    });
    assert.equal(utils?.source, "musl");
  });

  for (const text of ["", "\n\n\n", "no fields here", ":::\n", "\u0000\u0000Package\u0000"])
    it(`that are none list nothing: ${JSON.stringify(text)}`, () => {
      assert.deepEqual([...parseDpkgStatus(text), ...parseApkInstalled(text)], []);
    });
});

describe("os-release", () => {
  const systems: readonly (readonly [text: string, expected: object])[] = [
    ['ID=debian\nVERSION_ID="12"\n', { id: "debian", versionId: "12" }],
    ["VERSION_ID='3.19.1'\nID=Alpine", { id: "alpine", versionId: "3.19.1" }],
    ['ID=""\nNAME=x', {}],
    ["", {}],
  ];
  for (const [text, expected] of systems)
    it(JSON.stringify(text), () => assert.deepEqual(parseOsRelease(text), expected));
});

describe("a package URL", () => {
  it("names a package with its system, architecture and source", () => {
    const [bash] = parseDpkgStatus(DPKG);
    assert.ok(bash);
    assert.equal(
      urlOf(bash, { id: "debian", versionId: "12" }),
      "pkg:deb/debian/bash@5.2.15-2%2Bb8?arch=amd64&distro=debian-12&upstream=bash%405.2.15-2",
    );
    assert.equal(urlOf({ type: "deb", name: "x", version: "1:2" }, {}), "pkg:deb/x@1:2");
  });

  it("names an image with its registry", () => {
    const parts = { type: "docker", namespace: "localhost:5000/a", name: "b", version: "1" };
    assert.equal(
      packageUrl({ ...parts, qualifiers: { platform: "linux/amd64", digest: undefined } }),
      "pkg:docker/localhost:5000/a/b@1?platform=linux%2Famd64",
    );
  });
});
