import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { urlOf } from "../../../image/packages/package.ts";
import { readRpmDatabase } from "../../../image/packages/rpm/database.ts";
import { requiresCommand } from "../../support/requires.ts";
import { Scratch } from "../../support/scratch.ts";
import { berkeleyFile, ndbFile, rpmHeader, sqliteFile, type Tags } from "./rpm-files.ts";

const CURL: Tags = {
  1000: "curl",
  1001: "8.9.1",
  1002: "2.fc41",
  1003: 1,
  1011: "Fedora Project",
  1014: "curl",
  1020: "https://curl.se/",
  1022: "x86_64",
  1028: 7,
  1044: "curl-8.9.1-2.fc41.src.rpm",
};
/** Goes over several pages where there are small ones. */
const LARGE: Tags = { 1000: "large", 1001: "2", 1002: "1", 1004: "s".repeat(3000) };
const KEY: Tags = { 1000: "gpg-pubkey", 1001: "e99d6ad1", 1002: "64d2612c" };
const HEADERS = [CURL, LARGE, KEY].map(rpmHeader);
const FORMS = { sqlite: sqliteFile, ndb: ndbFile, berkeley: berkeleyFile };

describe("RPM's databases", () => {
  for (const [form, make] of Object.entries(FORMS)) {
    it(`list what is installed in the form of ${form}`, () => {
      assert.deepEqual(readRpmDatabase(make(HEADERS)), [
        {
          type: "rpm",
          name: "curl",
          version: "8.9.1-2.fc41",
          epoch: "1",
          vendor: "Fedora Project",
          license: "curl",
          homepage: "https://curl.se/",
          architecture: "x86_64",
          source: "curl-8.9.1-2.fc41.src.rpm",
        },
        { type: "rpm", name: "large", version: "2-1" },
      ]);
      assert.deepEqual(readRpmDatabase(make([])), []);
    });

    it(`are refused or read, but never run away with, when damaged in the form of ${form}`, () => {
      const whole = make(HEADERS);
      const attempt = (bytes: Buffer): void => {
        try {
          readRpmDatabase(bytes);
        } catch (error) {
          assert.ok(error instanceof Error);
        }
      };
      for (let i = 1; i <= 60; i++) {
        attempt(whole.subarray(0, Math.floor((whole.byteLength * i) / 61)));
        const flipped = Buffer.from(whole);
        for (let j = 0; j < 40; j++)
          flipped.writeUInt8((i * 37 + j) % 256, (i * 7919 + j * 104_729) % flipped.byteLength);
        attempt(flipped);
      }
    });
  }

  it("have the package URLs that scanners know", () => {
    const [curl] = readRpmDatabase(sqliteFile(HEADERS));
    assert.ok(curl);
    const on = (id: string) => urlOf(curl, { id, versionId: "41" });
    const rest = "curl@8.9.1-2.fc41?arch=x86_64&distro";
    assert.equal(on("fedora"), `pkg:rpm/fedora/${rest}=fedora-41&epoch=1&upstream=curl-8.9.1-2.fc41.src.rpm`);
    assert.equal(on("rhel"), `pkg:rpm/redhat/${rest}=rhel-41&epoch=1&upstream=curl-8.9.1-2.fc41.src.rpm`);
  });

  const shared = ndbFile([CURL, ...Array.from({ length: 200 }, () => LARGE)].map(rpmHeader));
  for (let slot = 3; slot < 200; slot++) shared.copy(shared, slot * 16 + 8, 40, 48);
  const circle = berkeleyFile(HEADERS);
  circle.writeUInt32LE(3, 3 * 512 + 16);
  const hostile: readonly (readonly [title: string, bytes: Buffer, message: RegExp])[] = [
    ["a file of another kind", Buffer.from("nothing of RPM's"), /not a database of RPM's/],
    [
      "a table that computes",
      sqliteFile([], "CREATE TABLE Packages (hnum, blob AS (zeroblob(1000000000)))"),
      /no table of packages/,
    ],
    [
      "a view",
      sqliteFile(
        [],
        "CREATE VIEW Packages AS WITH RECURSIVE n(blob) AS (SELECT x'' UNION ALL SELECT blob FROM n) SELECT 1 AS hnum, blob FROM n",
      ),
      /no table of packages/,
    ],
    ["no table", sqliteFile([], "CREATE TABLE other (a)"), /no table of packages/],
    ["places that several packages share", shared, /no package 2 where its slot says/],
    ["a chain of pages without an end", circle, /pages in a circle/],
    [
      "a header without a text's end",
      ndbFile([Buffer.concat([rpmHeader(CURL).subarray(0, -1), Buffer.from("x")])]),
      /without an end/,
    ],
    ["a header of more than there is", ndbFile([Buffer.alloc(64, 0xff)]), /not a header/],
  ];
  for (const [title, bytes, message] of hostile)
    it(`are refused with ${title}`, () => assert.throws(() => readRpmDatabase(bytes), message));

  it("are read as rpm itself reads them", function () {
    requiresCommand(this, "rpmbuild");
    using scratch = new Scratch();
    const spec =
      "Name: real\nEpoch: 3\nVersion: 1.2\nRelease: 4\nSummary: s\nLicense: MIT\nURL: https://example.test\nBuildArch: noarch\n%description\nd\n%files\n";
    writeFileSync(scratch.join("real.spec"), spec);
    const run = (command: string, ...args: readonly string[]) =>
      execFileSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
    run("rpmbuild", "-bb", "--define", `_topdir ${scratch.join("top")}`, scratch.join("real.spec"));
    const at = ["--dbpath", scratch.join("db")];
    run(
      "rpm",
      ...at,
      "-i",
      "--justdb",
      "--nodeps",
      "--ignorearch",
      scratch.join("top/RPMS/noarch/real-1.2-4.noarch.rpm"),
    );
    const format = "%{NAME} %{EPOCH} %{VERSION}-%{RELEASE} %{ARCH} %{SOURCERPM} %{LICENSE} %{URL}\n";
    const listed = readRpmDatabase(readFileSync(scratch.join("db/rpmdb.sqlite"))).map(
      (one) =>
        `${[one.name, one.epoch, one.version, one.architecture, one.source, one.license, one.homepage].join(" ")}\n`,
    );
    assert.equal(listed.join(""), run("rpm", ...at, "-qa", "--qf", format));
  });
});
