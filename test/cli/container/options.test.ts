import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { keyValues, readEnv } from "../../../cli/container/key-values.ts";
import { readMounts } from "../../../cli/container/mounts.ts";
import { readPorts } from "../../../cli/container/ports.ts";
import { parseDetachKeys, untilDetached } from "../../../core/detach-keys.ts";

describe("readPorts()", () => {
  const any = (HostPort: string, HostIp = "") => ({ HostIp, HostPort });
  const good: readonly [text: string, bindings: object][] = [
    ["80", { "80/tcp": [any("")] }],
    ["8080:80", { "80/tcp": [any("8080")] }],
    ["8080:80/udp", { "80/udp": [any("8080")] }],
    ["8080:80/TCP", { "80/tcp": [any("8080")] }],
    ["127.0.0.1:8080:80", { "80/tcp": [any("8080", "127.0.0.1")] }],
    ["127.0.0.1::80", { "80/tcp": [any("", "127.0.0.1")] }],
    ["[::1]:8080:80", { "80/tcp": [any("8080", "::1")] }],
    ["8000-8001:80-81", { "80/tcp": [any("8000")], "81/tcp": [any("8001")] }],
    ["8000-8010:80", { "80/tcp": [any("8000-8010")] }],
  ];
  for (const [text, bindings] of good) {
    it(`reads -p ${text}`, () => assert.deepEqual(readPorts([text], []).bindings, bindings));
  }
  it("publishes one port twice", () =>
    assert.deepEqual(readPorts(["80:80", "81:80"], []).bindings, { "80/tcp": [any("80"), any("81")] }));
  it("exposes ranges, and what is published", () =>
    assert.deepEqual(Object.keys(readPorts(["81:81"], ["90-91", "53/udp"]).exposed), [
      "90/tcp",
      "91/tcp",
      "53/udp",
      "81/tcp",
    ]));
  for (const text of ["", "99999:80", "80:99999", "a:80", "80:80/icmp", "1-2:3-5", "5-4:5-4", "1:2:3:4"]) {
    it(`refuses -p ${JSON.stringify(text)}`, () =>
      assert.throws(() => readPorts([text], []), { code: "OPTION_INVALID" }));
  }
});

describe("readMounts()", () => {
  const read = (flags: { volume?: string[]; mount?: string[]; tmpfs?: string[] }) =>
    readMounts({ volume: [], mount: [], tmpfs: [], ...flags }, "/work");
  const none = { binds: [], volumes: {}, tmpfs: {}, mounts: [] };
  const good: readonly [title: string, flags: Parameters<typeof read>[0], want: object][] = [
    ["-v name:/x", { volume: ["name:/x"] }, { binds: ["name:/x"] }],
    ["-v /a:/x:ro,z", { volume: ["/a:/x:ro,z"] }, { binds: ["/a:/x:ro,z"] }],
    ["-v ./a:/x", { volume: ["./a:/x"] }, { binds: ["/work/a:/x"] }],
    ["-v .:/x", { volume: [".:/x"] }, { binds: ["/work:/x"] }],
    ["-v ..:/x", { volume: ["..:/x"] }, { binds: ["/:/x"] }],
    ["-v /x", { volume: ["/x"] }, { volumes: { "/x": {} } }],
    ["--tmpfs /x", { tmpfs: ["/x"] }, { tmpfs: { "/x": "" } }],
    ["--tmpfs /x:size=1m", { tmpfs: ["/x:size=1m"] }, { tmpfs: { "/x": "size=1m" } }],
  ];
  const mounts: readonly [text: string, want: object][] = [
    ["type=bind,src=/tmp,dst=/x", { Type: "bind", Source: "/tmp", Target: "/x", ReadOnly: false }],
    [
      "type=bind,source=a,target=/x,readonly",
      { Type: "bind", Source: "/work/a", Target: "/x", ReadOnly: true },
    ],
    ["type=bind,source=/a,target=/x,ro=false", { Type: "bind", Source: "/a", Target: "/x", ReadOnly: false }],
    [
      "type=bind,ro,src=/a,dst=/x,bind-propagation=rslave,bind-recursive=writable",
      {
        Type: "bind",
        Source: "/a",
        Target: "/x",
        ReadOnly: true,
        BindOptions: { Propagation: "rslave", ReadOnlyNonRecursive: true },
      },
    ],
    [
      "src=v,dst=/x,volume-nocopy,volume-subpath=a/b,volume-label=k=v",
      {
        Type: "volume",
        Source: "v",
        Target: "/x",
        ReadOnly: false,
        VolumeOptions: { NoCopy: true, Subpath: "a/b", Labels: { k: "v" } },
      },
    ],
    ["dst=/x", { Type: "volume", Source: "", Target: "/x", ReadOnly: false }],
    [
      "type=tmpfs,dst=/x,tmpfs-size=1m,tmpfs-mode=1770,ro",
      {
        Type: "tmpfs",
        Source: "",
        Target: "/x",
        ReadOnly: true,
        TmpfsOptions: { SizeBytes: 1 << 20, Mode: 0o1770 },
      },
    ],
  ];
  for (const [text, want] of mounts) {
    it(`reads --mount ${text}`, () => assert.deepEqual(read({ mount: [text] }).mounts, [want]));
  }
  for (const [title, flags, want] of good) {
    it(`reads ${title}`, () => assert.deepEqual(read(flags), { ...none, ...want }));
  }
  const bad: readonly [flags: Parameters<typeof read>[0], code: string][] = [
    [{ volume: ["a:b:c:d"] }, "MOUNT_SPEC_INVALID"],
    [{ volume: [":/x"] }, "MOUNT_SPEC_INVALID"],
    [{ mount: ["type=tmpfs,dst=/x,tmpfs-mode=9"] }, "OPTION_INVALID"],
    [{ mount: ["type=bind,src=/tmp"] }, "OPTION_INVALID"],
    [{ mount: ["type=cluster,dst=/x"] }, "OPTION_UNSUPPORTED"],
    [{ mount: ["type=bind,src=/tmp,dst=/x,volume-nocopy"] }, "OPTION_UNSUPPORTED"],
  ];
  for (const [flags, code] of bad) {
    it(`refuses ${JSON.stringify(flags)}`, () => assert.throws(() => read(flags), { code }));
  }
});

describe("readEnv()", () => {
  const folder = mkdtempSync(join(tmpdir(), "slipway-env-"));
  after(() => rmSync(folder, { recursive: true }));

  it("takes the file first, then the flags; a bare name from the environment", () => {
    const file = join(folder, "env");
    writeFileSync(file, "\uFEFF# comment\nA=1\r\n  B=two words \n\nC\nD\n");
    assert.deepEqual(readEnv([file], ["E=x=y", "C", "F"], { C: "c", F: "" }), [
      "A=1",
      "B=two words ",
      "C=c",
      "E=x=y",
      "C=c",
      "F=",
    ]);
  });
  for (const text of ["=x", "a b=c", ""]) {
    it(`refuses ${JSON.stringify(text)}`, () =>
      assert.throws(() => readEnv([], [text], {}), { code: "OPTION_INVALID" }));
  }
  it("says which file cannot be read", () =>
    assert.throws(() => readEnv([join(folder, "nope")], [], {}), /nope.*a readable file/));
  it("keeps the last of equal labels", () =>
    assert.deepEqual(keyValues(["a=1", "b", "a=2=3"]), { a: "2=3", b: "" }));
});

describe("the detach sequence", () => {
  const keys: readonly [text: string | undefined, bytes: readonly number[]][] = [
    [undefined, [16, 17]],
    ["ctrl-a", [1]],
    ["ctrl-@,ctrl-[,ctrl-_", [0, 27, 31]],
    ["a,b", [97, 98]],
    ["", []],
  ];
  for (const [text, bytes] of keys) {
    it(`reads ${JSON.stringify(text)}`, () => assert.deepEqual([...parseDetachKeys(text)], bytes));
  }
  for (const text of ["ctrl-", "ctrl-1", "ab", "é", ","]) {
    it(`refuses ${JSON.stringify(text)}`, () =>
      assert.throws(() => parseDetachKeys(text), { code: "OPTION_INVALID" }));
  }

  const typed: readonly [chunks: readonly string[], passed: string, detached: boolean][] = [
    [["abc"], "abc", false],
    [["ab\x10\x11cd"], "ab", true],
    [["ab\x10", "\x11"], "ab", true],
    [["\x10a\x10\x10\x11"], "\x10a\x10", true],
    [["a\x10"], "a\x10", false],
    [["\x10", "\x10", "b"], "\x10\x10b", false],
  ];
  for (const [chunks, passed, detached] of typed) {
    it(`passes ${JSON.stringify(passed)} of ${JSON.stringify(chunks)}`, async () => {
      const input = untilDetached(bytesOf(chunks), parseDetachKeys());
      let text = "";
      for (let next = await input.next(); ; next = await input.next()) {
        if (next.done === true) {
          assert.deepEqual([text, next.value], [passed, detached]);
          return;
        }
        text += next.value.toString("latin1");
      }
    });
  }
});

async function* bytesOf(chunks: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield Buffer.from(chunk, "latin1");
}
