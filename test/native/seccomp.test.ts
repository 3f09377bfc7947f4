import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { loadKernel } from "../../native/binding.ts";
import type { SeccompRules } from "../../native/kernel.ts";
import { Scratch } from "../support/scratch.ts";
import { python, requiresKernel } from "./support.ts";

/** Installs the program given as a file, then calls personality(2) with 0, 1 and 6 and prints its errno each time. */
const probe = `
import ctypes, os, sys
code = open(sys.argv[1], "rb").read()
class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_char_p)]
libc = ctypes.CDLL(None, use_errno=True)
program = Program(len(code) // 8, code)
assert libc.prctl(38, 1, 0, 0, 0) == 0
assert libc.prctl(22, 2, ctypes.byref(program)) == 0
for flags in (0, 1, 6):
    ctypes.set_errno(0)
    libc.personality(flags)
    print(ctypes.get_errno(), end=" ")
`;

describe("native/seccomp", () => {
  before(function () {
    requiresKernel(this);
  });

  const base: SeccompRules = {
    defaultAction: "SCMP_ACT_ALLOW",
    defaultErrno: 1,
    architectures: ["x86_64", "x86", "x32"],
    rules: [],
  };
  const outcome = (rules: SeccompRules["rules"]): string => {
    using scratch = new Scratch();
    writeFileSync(scratch.join("program"), loadKernel().compileSeccomp({ ...base, rules }));
    return python(probe, scratch.join("program")).trim();
  };

  const arg = (op: string, value: bigint, valueTwo = 0n) => ({ index: 0, op, value, valueTwo });
  for (const [title, rules, wanted] of [
    ["allows what no rule names", [], "0 0 0"],
    [
      "fails with a rule's errno",
      [{ names: ["personality"], action: "SCMP_ACT_ERRNO", errno: 38 }],
      "38 38 38",
    ],
    [
      "compares arguments",
      [{ names: ["personality"], action: "SCMP_ACT_ERRNO", errno: 5, args: [arg("SCMP_CMP_EQ", 1n)] }],
      "0 5 0",
    ],
    [
      "compares masked arguments",
      [
        {
          names: ["personality"],
          action: "SCMP_ACT_ERRNO",
          errno: 5,
          args: [arg("SCMP_CMP_MASKED_EQ", 4n, 4n)],
        },
      ],
      "0 0 5",
    ],
    [
      "takes two comparisons of one argument as alternatives",
      [
        {
          names: ["personality"],
          action: "SCMP_ACT_ERRNO",
          errno: 5,
          args: [arg("SCMP_CMP_EQ", 1n), arg("SCMP_CMP_EQ", 6n)],
        },
      ],
      "0 5 5",
    ],
    [
      "ignores system calls that libseccomp does not know",
      [{ names: ["no_such_call", "personality"], action: "SCMP_ACT_ERRNO", errno: 7 }],
      "7 7 7",
    ],
  ] as const) {
    it(title, () => {
      assert.equal(outcome(rules), wanted);
    });
  }

  for (const [title, profile, message] of [
    ["action", { ...base, defaultAction: "SCMP_ACT_MAYBE" }, "seccomp SCMP_ACT_MAYBE: EINVAL"],
    ["architecture", { ...base, architectures: ["pdp11"] }, "seccomp pdp11: EINVAL"],
    [
      "operator",
      { ...base, rules: [{ names: ["read"], action: "SCMP_ACT_KILL", args: [arg("SCMP_CMP_ISH", 1n)] }] },
      "seccomp SCMP_CMP_ISH: EINVAL",
    ],
  ] as const) {
    it(`names an unknown ${title}`, () => {
      assert.throws(() => loadKernel().compileSeccomp(profile), { message });
    });
  }
});
