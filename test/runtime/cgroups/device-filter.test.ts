import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { loadKernel } from "../../../native/binding.ts";
import { compileDeviceFilter } from "../../../runtime/cgroups/device-filter.ts";
import { readLayout } from "../../../runtime/cgroups/layout.ts";
import { DEFAULT_DEVICE_RULES } from "../../../runtime/spec/devices.ts";
import type { DeviceRules } from "../../../runtime/spec/oci.ts";
import { requiresNativeCore, requiresRoot } from "../../support/requires.ts";
import { Scratch } from "../../support/scratch.ts";

type Words = (to: string, from: string, offset: number, value: number) => string;
const NAMES = ["verdict", "request", "type", "asked", "major", "minor", "scratch"];
const WORDS: Readonly<Record<number, Words>> = {
  97: (to, from, offset) => `${to} = ${from}[${offset}]`,
  188: (to, from) => `${to} = ${from}`,
  180: (to, _from, _offset, value) => `${to} = ${value}`,
  84: (to, _from, _offset, value) => `${to} &= ${value}`,
  116: (to, _from, _offset, value) => `${to} >>= ${value}`,
  21: (to, _from, offset, value) => `if ${to} == ${value} skip ${offset}`,
  85: (to, _from, offset, value) => `if ${to} != ${value} skip ${offset}`,
  149: () => "exit",
};

function disassemble(program: Uint8Array): readonly string[] {
  const bytes = Buffer.from(program);
  return Array.from({ length: bytes.length / 8 }, (_, index) => {
    const at = index * 8;
    const registers = bytes.readUInt8(at + 1);
    const [to = "", from = ""] = [NAMES[registers & 15], NAMES[registers >> 4]];
    return WORDS[bytes.readUInt8(at)]?.(to, from, bytes.readInt16LE(at + 2), bytes.readInt32LE(at + 4)) ?? "";
  });
}

const PROLOGUE = [
  "type = request[0]",
  "asked = type",
  "type &= 65535",
  "asked >>= 16",
  "major = request[4]",
  "minor = request[8]",
];
const ALLOW = ["verdict = 1", "exit"];
const DENY = ["verdict = 0", "exit"];
const ALL_DENIED = { allow: false, access: "rwm" };

const PROGRAMS: readonly (readonly [title: string, rules: DeviceRules, program: readonly string[]])[] = [
  ["no rule as a denial", [], DENY],
  ["a denial of everything", [ALL_DENIED], DENY],
  ["an allowance of everything, which ends what came before", [ALL_DENIED, { allow: true }], ALLOW],
  [
    "one device, after everything was denied",
    [ALL_DENIED, { allow: true, type: "c", major: 1, minor: 3, access: "rwm" }],
    ["if type != 2 skip 4", "if major != 1 skip 3", "if minor != 3 skip 2", ...ALLOW, ...DENY],
  ],
  [
    "one kind of access to all of a type",
    [ALL_DENIED, { allow: true, type: "b", access: "m" }],
    ["if type != 1 skip 4", "asked &= 6", "if asked != 0 skip 2", ...ALLOW, ...DENY],
  ],
  [
    "a denial of one kind of access",
    [{ allow: true }, { allow: false, type: "c", major: 5, access: "w" }],
    [
      "if type != 2 skip 6",
      "if major != 5 skip 5",
      "scratch = asked",
      "scratch &= 4",
      "if scratch == 0 skip 2",
      ...DENY,
      ...ALLOW,
    ],
  ],
];

/** Rules, and what of 1:3 (null) and 1:5 (zero) can then be used: read, write, both at once, made. */
const DECISIONS: readonly (readonly [title: string, rules: DeviceRules, possible: string])[] = [
  ["the default rules", DEFAULT_DEVICE_RULES, "null r w rw m zero r w rw m"],
  ["everything denied", [ALL_DENIED], "null zero"],
  ["everything allowed", [{ allow: true }], "null r w rw m zero r w rw m"],
  ["one device", [ALL_DENIED, { allow: true, type: "c", major: 1, minor: 3, access: "r" }], "null r zero"],
  [
    "reading and writing in two rules",
    [ALL_DENIED, { allow: true, type: "c", access: "r" }, { allow: true, major: 1, minor: 5, access: "w" }],
    "null r zero r w rw",
  ],
  [
    "a denial after an allowance",
    [{ allow: true }, { allow: false, type: "c", major: 1, minor: 5, access: "wm" }],
    "null r w rw m zero r",
  ],
  ["block devices", [ALL_DENIED, { allow: true, type: "b" }], "null zero"],
];

const TRY = `
for device in "null 3" "zero 5"; do
  set -- $device
  printf '%s ' $1
  (: </dev/$1) && printf 'r '
  (: >/dev/$1) && printf 'w '
  (: <>/dev/$1) && printf 'rw '
  mknod made c 1 $2 && printf 'm ' && rm made
done 2>&-
`;

describe("runtime/cgroups/device-filter", () => {
  for (const [title, rules, program] of PROGRAMS) {
    it(`compiles ${title}`, () =>
      assert.deepEqual(disassemble(compileDeviceFilter(rules)), [...PROLOGUE, ...program]));
  }

  for (const rule of [
    { allow: true, type: "x" },
    { allow: true, access: "rx" },
  ]) {
    it(`refuses ${JSON.stringify(rule)}`, () =>
      assert.throws(() => compileDeviceFilter([rule]), { code: "CONTAINER_CONFIG_INVALID" }));
  }

  describe("attached", () => {
    const { unified } = readLayout();
    const group = join(unified?.mountpoint ?? "", `slipway-filter-test-${process.pid}`);
    let scratch: Scratch;
    before(function () {
      requiresRoot(this);
      requiresNativeCore(this);
      if (unified === undefined) this.skip();
      scratch = new Scratch();
    });
    beforeEach(() => mkdirSync(group));
    afterEach(() => rmdirSync(group));
    after(() => scratch?.[Symbol.dispose]());

    for (const [title, rules, possible] of DECISIONS) {
      it(`does as ${title} say`, () => {
        const kernel = loadKernel();
        kernel.attachDeviceFilter(group, compileDeviceFilter(rules));
        assert.equal(kernel.countDeviceFilters(group), 1);
        const script = `exec 2>&1; echo $$ >${group}/cgroup.procs; ${TRY}`;
        const { stdout } = spawnSync("sh", ["-c", script], {
          cwd: scratch.path,
          encoding: "utf8",
          input: "",
        });
        assert.equal(stdout.trim(), possible);
      });
    }
  });
});
