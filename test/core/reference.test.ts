import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { isCode } from "../../core/errors.ts";
import {
  familiarName,
  familiarReference,
  formatReference,
  parseReference,
  repositoryOf,
  withDefaultTag,
  withTag,
} from "../../core/reference.ts";

const F64 = `sha256:${"f".repeat(64)}`;
const HEX = "1a3f5e7d9c1b3a5f7e9d1c3b5a7f9e1d3c5b7a9f1e3d5d7c9b1a3f5e7d9c1b3a";

/** text → domain, path, and what follows; the good cases of distribution/reference. */
const GOOD: readonly (readonly [
  text: string,
  domain: string,
  path: string,
  tag?: string | undefined,
  digest?: string,
])[] = [
  ["debian", "docker.io", "library/debian"],
  ["library/debian", "docker.io", "library/debian"],
  ["docker/docker", "docker.io", "docker/docker"],
  ["docker.io/debian", "docker.io", "library/debian"],
  ["docker.io/library/debian", "docker.io", "library/debian"],
  ["index.docker.io/debian", "docker.io", "library/debian"],
  ["index.docker.io/docker/docker", "docker.io", "docker/docker"],
  ["docker.io/library/foo/bar", "docker.io", "library/foo/bar"],
  ["127.0.0.1:5000/debian", "127.0.0.1:5000", "debian"],
  ["127.0.0.1:5000/library/debian", "127.0.0.1:5000", "library/debian"],
  ["192.168.0.1", "docker.io", "library/192.168.0.1"],
  ["192.168.0.1:80", "docker.io", "library/192.168.0.1", "80"],
  ["192.168.0.2:25000/debian", "192.168.0.2:25000", "debian"],
  ["localhost/debian", "localhost", "debian"],
  ["localhost:5000/a:1", "localhost:5000", "a", "1"],
  ["LOCALDOMAIN/debian", "LOCALDOMAIN", "debian"],
  ["Docker/docker", "Docker", "docker"],
  ["DOCKER/docker", "DOCKER", "docker"],
  ["Uppercase/lowercase:tag", "Uppercase", "lowercase", "tag"],
  ["lowercase:Uppercase", "docker.io", "library/lowercase", "Uppercase"],
  ["[fc00::1]:5000/docker/docker", "[fc00::1]:5000", "docker/docker"],
  ["[fc00:1:2:3:4:5:6:7]:5000/library/debian", "[fc00:1:2:3:4:5:6:7]:5000", "library/debian"],
  ["[2001:db8::1]/repo", "[2001:db8::1]", "repo"],
  [`[2001:db8::1]:5000/repo:tag@${F64}`, "[2001:db8::1]:5000", "repo", "tag", F64],
  [`docker.io/${HEX}`, "docker.io", `library/${HEX}`],
  [
    "thisisthesongthatneverendsitgoesonandonandonthisisthesongthatnev",
    "docker.io",
    "library/thisisthesongthatneverendsitgoesonandonandonthisisthesongthatnev",
  ],
  ["docker---rules/docker", "docker.io", "docker---rules/docker"],
  ["d/docker", "docker.io", "d/docker"],
  ["dock__er/docker", "docker.io", "dock__er/docker"],
  ["test_com", "docker.io", "library/test_com"],
  ["test_com/foo", "docker.io", "test_com/foo"],
  ["test.com:tag", "docker.io", "library/test.com", "tag"],
  ["test:5000/repo:tag", "test:5000", "repo", "tag"],
  [`test:5000/repo@${F64}`, "test:5000", "repo", undefined, F64],
  [`busybox:latest@${F64}`, "docker.io", "library/busybox", "latest", F64],
  ["sub-dom1.foo.com/bar/baz/quux:some-long-tag", "sub-dom1.foo.com", "bar/baz/quux", "some-long-tag"],
  [
    "b.gcr.io/test.example.com/my-app:test.example.com",
    "b.gcr.io",
    "test.example.com/my-app",
    "test.example.com",
  ],
  ["xn--n3h.com/myimage:xn--n3h.com", "xn--n3h.com", "myimage", "xn--n3h.com"],
  ["foo/foo_bar.com:8080", "docker.io", "foo/foo_bar.com", "8080"],
  [`a.io/${"a/".repeat(127)}a:tag-past-the-limit`, "a.io", `${"a/".repeat(127)}a`, "tag-past-the-limit"],
];

const FORMAT = /^invalid reference format: expected /;
const LOWER = /^invalid reference format: repository name \(.*\) must be lowercase$/;
const BAD: readonly (readonly [text: string, message: RegExp])[] = [
  ["", FORMAT],
  [" ", FORMAT],
  ["a b", FORMAT],
  ["::", FORMAT],
  [":justtag", FORMAT],
  [`@${F64}`, FORMAT],
  ["repo@sha256:ffff", FORMAT],
  [`repo@sha256:${"f".repeat(34)}`, /^invalid checksum digest length: /],
  [`repo@sha384:${"f".repeat(96)}`, /^unsupported digest algorithm: /],
  [`repo@sha512:${"f".repeat(96)}`, /^invalid checksum digest length: /],
  [`validname@invaliddigest:${"f".repeat(128)}`, /^unsupported digest algorithm: /],
  [`repo@sha256:${"F".repeat(64)}`, /^invalid checksum digest length: /],
  ["Uppercase:tag", LOWER],
  ["docker/Docker", LOWER],
  ["docker.io/docker/Docker", LOWER],
  ["test:5000/Uppercase/lowercase:tag", LOWER],
  ["aa/asdf$$^/aa", FORMAT],
  ["https://github.com/docker/docker", FORMAT],
  ["-docker", FORMAT],
  ["-docker/docker", FORMAT],
  ["docker-/docker", FORMAT],
  ["-docker.io/docker/docker", FORMAT],
  ["docker///docker", FORMAT],
  ["docker.io/docker///docker", FORMAT],
  ["docker/", FORMAT],
  ["____/____", FORMAT],
  ["_docker/_docker", FORMAT],
  ["dock..er/docker", FORMAT],
  ["dock_.er/docker", FORMAT],
  ["dock-.er/docker", FORMAT],
  ["[fc00::1]", FORMAT],
  ["[fc00::1]:5000", FORMAT],
  ["fc00::1:5000/debian", FORMAT],
  ["[fe80::1%eth0]:5000/debian", FORMAT],
  ["[2001:db8:3:4::192.0.2.33]:5000/debian", FORMAT],
  ["repo:-tag", FORMAT],
  [`repo:${"t".repeat(129)}`, FORMAT],
  ["repo:tag\n", FORMAT],
  [HEX, /^invalid repository name \(1a3f.*\), cannot specify 64-byte hexadecimal strings$/],
  [`a.io/${"a/".repeat(128)}a`, /^repository name must not be more than 255 characters$/],
  [`${"a-".repeat(50_000)}!`, FORMAT],
];

describe("references", () => {
  for (const [text, domain, path, tag, digest] of GOOD) {
    it(`reads ${text.slice(0, 80)}`, () => {
      const reference = parseReference(text);
      assert.deepEqual(reference, {
        domain,
        path,
        ...(tag === undefined ? {} : { tag }),
        ...(digest === undefined ? {} : { digest }),
      });
      // Both printed forms mean the same reference again.
      assert.deepEqual(parseReference(formatReference(reference)), reference);
      assert.deepEqual(parseReference(familiarReference(reference)), reference);
    });
  }

  for (const [text, message] of BAD) {
    it(`refuses ${JSON.stringify(text.slice(0, 80))}`, () => {
      assert.throws(
        () => parseReference(text),
        (error: Error) => isCode(error, "REFERENCE_INVALID") && message.test(error.message),
      );
    });
  }

  const NAMES: readonly (readonly [text: string, familiar: string, repository: string])[] = [
    ["index.docker.io/fooo/bar", "fooo/bar", "docker.io/fooo/bar"],
    ["library/ubuntu", "ubuntu", "docker.io/library/ubuntu"],
    ["docker.io/library/foo/bar", "library/foo/bar", "docker.io/library/foo/bar"],
    ["127.0.0.1:8000/privatebase", "127.0.0.1:8000/privatebase", "127.0.0.1:8000/privatebase"],
    ["example.com/library/a", "example.com/library/a", "example.com/library/a"],
    ["FOO/bar", "FOO/bar", "FOO/bar"],
  ];
  for (const [text, familiar, repository] of NAMES) {
    it(`calls ${text} ${familiar}`, () => {
      const reference = parseReference(text);
      assert.equal(familiarName(reference), familiar);
      assert.equal(repositoryOf(reference), repository);
    });
  }

  it("adds :latest only to a bare name", () => {
    const print = (text: string): string => formatReference(withDefaultTag(parseReference(text)));
    assert.equal(print("debian"), "docker.io/library/debian:latest");
    assert.equal(print("debian:12"), "docker.io/library/debian:12");
    assert.equal(print(`debian@${F64}`), `docker.io/library/debian@${F64}`);
  });

  it("checks a tag set by hand", () => {
    assert.equal(formatReference(withTag(parseReference("a:1"), "TAG5")), "docker.io/library/a:TAG5");
    assert.throws(() => withTag(parseReference("a"), "-foo"), /invalid tag format: "-foo"/);
  });
});
