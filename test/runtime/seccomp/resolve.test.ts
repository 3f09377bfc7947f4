import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { DEFAULT_PROFILE } from "../../../runtime/seccomp/default-profile.ts";
import { parseProfile, type SeccompProfile } from "../../../runtime/seccomp/profile.ts";
import {
  resolveBuiltin,
  resolveProfile,
  type SeccompMachine,
  seccompFor,
} from "../../../runtime/seccomp/resolve.ts";
import { ALWAYS_ALLOWED } from "../../../runtime/seccomp/syscalls.ts";

const MACHINE: SeccompMachine = { architecture: "amd64", kernel: "6.12.9-generic" };
const allowed = (capabilities: readonly string[], machine = MACHINE): ReadonlySet<string> =>
  new Set(
    resolveProfile(DEFAULT_PROFILE, capabilities, machine)
      .syscalls.filter(({ action, args }) => action === "SCMP_ACT_ALLOW" && args === undefined)
      .flatMap(({ names }) => names),
  );

const cases: readonly (readonly [
  title: string,
  capabilities: readonly string[],
  name: string,
  allowed: boolean,
])[] = [
  ["no capability", [], "read", true],
  ["no capability", [], "ptrace", true],
  ["no capability", [], "mount", false],
  ["no capability", [], "clone3", false],
  ["no capability", [], "keyctl", false],
  ["no capability", [], "io_uring_setup", false],
  ["no capability", [], "bpf", false],
  ["CAP_SYS_ADMIN", ["CAP_SYS_ADMIN"], "mount", true],
  ["CAP_SYS_ADMIN", ["CAP_SYS_ADMIN"], "clone3", true],
  ["CAP_SYS_ADMIN", ["CAP_SYS_ADMIN"], "chroot", false],
  ["CAP_SYS_CHROOT", ["CAP_SYS_CHROOT"], "chroot", true],
  ["CAP_BPF", ["CAP_BPF"], "bpf", true],
  ["CAP_SYS_TIME", ["CAP_SYS_TIME"], "clock_settime", true],
];

describe("the default seccomp profile", () => {
  for (const [title, capabilities, name, expected] of cases) {
    it(`${expected ? "allows" : "refuses"} ${name} with ${title}`, () =>
      assert.equal(allowed(capabilities).has(name), expected));
  }

  it("names no system call twice among those always allowed", () =>
    assert.equal(new Set(ALWAYS_ALLOWED).size, ALWAYS_ALLOWED.length));

  it("has calls of one architecture there only", () => {
    assert.equal(allowed([]).has("arch_prctl"), true);
    assert.equal(allowed([], { ...MACHINE, architecture: "arm64" }).has("arch_prctl"), false);
  });

  it("allows tracing since the kernel that filters the traced", () =>
    assert.equal(allowed([], { ...MACHINE, kernel: "4.4.0" }).has("ptrace"), false));

  it("has libc fall back from clone3 without CAP_SYS_ADMIN", () => {
    const clone3 = (capabilities: readonly string[]) =>
      resolveProfile(DEFAULT_PROFILE, capabilities, MACHINE).syscalls.find(
        ({ names }) => names[0] === "clone3",
      );
    assert.deepEqual(clone3([]), { names: ["clone3"], action: "SCMP_ACT_ERRNO", errnoRet: 38 });
    assert.equal(clone3(["CAP_SYS_ADMIN"]), undefined);
  });

  for (const [architecture, expected] of [
    ["amd64", ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"]],
    ["arm64", ["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"]],
    ["riscv64", ["SCMP_ARCH_RISCV64"]],
  ] as const) {
    it(`covers what a kernel for ${architecture} runs`, () => {
      const { architectures } = resolveProfile(DEFAULT_PROFILE, [], { ...MACHINE, architecture });
      assert.deepEqual(architectures, expected);
    });
  }
});

const rule = { names: ["a"], action: "SCMP_ACT_ALLOW" };
const decided: readonly (readonly [
  title: string,
  conditions: Partial<SeccompProfile["syscalls"][number]>,
  counts: boolean,
])[] = [
  ["no condition", {}, true],
  ["an included capability", { includes: { caps: ["CAP_A", "CAP_B"] } }, true],
  ["an included capability it lacks", { includes: { caps: ["CAP_B"] } }, false],
  ["an excluded capability", { excludes: { caps: ["CAP_A"] } }, false],
  ["an included architecture", { includes: { arches: ["arm64", "amd64"] } }, true],
  ["an excluded architecture", { excludes: { arches: ["amd64"] } }, false],
  ["a kernel that is old enough", { includes: { minKernel: "6.12" } }, true],
  ["a kernel yet to come", { includes: { minKernel: "6.13" } }, false],
  ["a kernel of another major version", { includes: { minKernel: "5.99" } }, true],
];

describe("a seccomp profile", () => {
  for (const [title, conditions, counts] of decided) {
    it(`${counts ? "keeps" : "drops"} a rule for ${title}`, () => {
      const profile = { defaultAction: "SCMP_ACT_ERRNO", syscalls: [{ ...rule, ...conditions }] };
      assert.deepEqual(resolveProfile(profile, ["CAP_A"], MACHINE).syscalls, counts ? [rule] : []);
    });
  }

  it("is read from Docker's form, the older one included", () => {
    const text = JSON.stringify({
      defaultAction: "SCMP_ACT_ALLOW",
      architectures: ["SCMP_ARCH_X86_64"],
      syscalls: [
        { name: "mkdir", action: "SCMP_ACT_ERRNO", args: null },
        { names: ["chmod", "fchmod"], action: "SCMP_ACT_ERRNO", errnoRet: 2, comment: "ignored", args: [] },
      ],
    });
    assert.deepEqual(parseProfile(text), {
      defaultAction: "SCMP_ACT_ALLOW",
      architectures: ["SCMP_ARCH_X86_64"],
      syscalls: [
        { names: ["mkdir"], action: "SCMP_ACT_ERRNO" },
        { names: ["chmod", "fchmod"], action: "SCMP_ACT_ERRNO", errnoRet: 2, args: [] },
      ],
    });
  });

  it("is that of a container's security options, and else the built-in one", async () => {
    const named = await seccompFor(['seccomp={"defaultAction":"SCMP_ACT_LOG"}']);
    assert.equal(named([]).defaultAction, "SCMP_ACT_LOG");
    assert.deepEqual((await seccompFor(["no-new-privileges"]))([]), resolveBuiltin([]));
    await assert.rejects(seccompFor(["seccomp={"]), { message: /^decoding seccomp profile failed: / });
  });

  for (const text of [
    "{",
    "[]",
    '{"syscalls":[]}',
    '{"defaultAction":"x","syscalls":[{"names":1,"action":"y"}]}',
  ]) {
    it(`is refused when it is ${text}`, () =>
      assert.throws(() => parseProfile(text), { message: /^decoding seccomp profile failed: / }));
  }
});
