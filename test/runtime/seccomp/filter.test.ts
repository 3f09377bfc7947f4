import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { after, before, describe, it } from "mocha";
import { loadKernel } from "../../../native/binding.ts";
import { createSeccompCompiler, toRules } from "../../../runtime/seccomp/compile.ts";
import { resolveBuiltin } from "../../../runtime/seccomp/resolve.ts";
import type { OciSeccomp } from "../../../runtime/spec/oci.ts";
import { requiresNativeCore } from "../../support/requires.ts";
import { Scratch } from "../../support/scratch.ts";
import { Bench, CAPABILITIES, processOf, specOf } from "../launch/support.ts";

describe("toRules()", () => {
  it("says OCI's filter in libseccomp's terms", () => {
    const filter: OciSeccomp = {
      defaultAction: "SCMP_ACT_ERRNO",
      architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X32"],
      syscalls: [
        { names: ["a"], action: "SCMP_ACT_ERRNO", errnoRet: 38 },
        {
          names: ["b"],
          action: "SCMP_ACT_ALLOW",
          args: [{ index: 0, op: "SCMP_CMP_EQ", value: 0xffff_ffff }],
        },
      ],
    };
    assert.deepEqual(toRules(filter), {
      defaultAction: "SCMP_ACT_ERRNO",
      defaultErrno: 1,
      architectures: ["x86_64", "x32"],
      rules: [
        { names: ["a"], action: "SCMP_ACT_ERRNO", errno: 38 },
        {
          names: ["b"],
          action: "SCMP_ACT_ALLOW",
          args: [{ index: 0, op: "SCMP_CMP_EQ", value: 0xffff_ffffn, valueTwo: 0n }],
        },
      ],
    });
  });
});

describe("createSeccompCompiler()", () => {
  const filter: OciSeccomp = { defaultAction: "SCMP_ACT_ALLOW", syscalls: [] };
  const counting = () => {
    let calls = 0;
    return { count: () => calls, compileSeccomp: () => Buffer.alloc(8, ++calls) };
  };

  it("compiles each filter once", () => {
    const kernel = counting();
    const compile = createSeccompCompiler({ kernel });
    assert.equal(compile(filter), compile({ ...filter }));
    compile({ ...filter, defaultErrnoRet: 1 });
    assert.equal(kernel.count(), 2);
  });

  it("keeps programs for later processes, and replaces a damaged one", () => {
    using scratch = new Scratch();
    const cacheDir = scratch.join("seccomp");
    const kernel = counting();
    const compileAnew = () => createSeccompCompiler({ kernel, cacheDir })(filter);
    assert.deepEqual([compileAnew(), compileAnew()], [Buffer.alloc(8, 1), Buffer.alloc(8, 1)]);
    const [file = ""] = readdirSync(cacheDir);
    const path = scratch.join("seccomp", file);
    const { length } = readFileSync(path);
    // What a power loss leaves of a file that was not synced; the filter would be refused by the kernel, or let everything through.
    for (const [i, damaged] of [Buffer.alloc(0), Buffer.alloc(8), Buffer.alloc(length)].entries()) {
      writeFileSync(path, damaged);
      assert.deepEqual(compileAnew(), Buffer.alloc(8, 2 + i));
    }
    assert.deepEqual(compileAnew(), Buffer.alloc(8, 4));
    assert.deepEqual(readdirSync(cacheDir), [file]);
  });
});

describe("a container under the default filter", () => {
  let bench: Bench;
  before(function () {
    requiresNativeCore(this);
    bench = Bench.open(this);
  });
  after(() => bench?.[Symbol.dispose]());

  const run = (script: string, noNewPrivileges: boolean) => {
    const process = processOf(["sh", "-c", script], { noNewPrivileges });
    return bench.run(specOf(process, {}, { seccomp: resolveBuiltin(CAPABILITIES) }));
  };

  for (const noNewPrivileges of [false, true]) {
    it(`cannot make namespaces or mounts ${noNewPrivileges ? "with" : "without"} no_new_privs`, async () => {
      const script = "grep Seccomp: /proc/self/status; unshare -U true; echo $?; chroot / true; echo $?";
      const { stdout, stderr } = await run(script, noNewPrivileges);
      assert.equal(stdout, "Seccomp:\t2\n1\n0\n");
      assert.match(stderr, /Operation not permitted/);
    });
  }

  it("is told that system calls newer than the profile do not exist", function () {
    if (process.arch !== "x64") this.skip();
    const program = loadKernel().compileSeccomp(toRules(resolveBuiltin([])));
    const ENOSYS = 38;
    const EPERM = 1;
    const refusal = (errno: number) => 0x0005_0000 | errno;
    const X86_64 = 0xc000_003e;
    assert.equal(evaluate(program, X86_64, 0), 0x7fff_0000, "read");
    assert.equal(evaluate(program, X86_64, 165), refusal(EPERM), "mount");
    assert.equal(evaluate(program, X86_64, 999), refusal(ENOSYS), "a call to come");
    assert.equal(evaluate(program, X86_64, 0x4000_0000), 0x7fff_0000, "read of x32");
    assert.equal(evaluate(program, 0x4000_0003, 3), 0x7fff_0000, "read of i386");
    assert.equal(evaluate(program, 0x4000_0003, 9999), refusal(ENOSYS), "a call to come of i386");
  });
});

/** What a filter says to system call `number` with arguments of zero: classic BPF, as far as libseccomp makes use of it. */
function evaluate(program: Buffer, architecture: number, number: number): number {
  const data = Buffer.alloc(64);
  data.writeUInt32LE(number);
  data.writeUInt32LE(architecture, 4);
  let accumulator = 0;
  for (let at = 0; at < program.byteLength; at += 8) {
    const [code, yes, no, k] = [
      program.readUInt16LE(at),
      program[at + 2] ?? 0,
      program[at + 3] ?? 0,
      program.readUInt32LE(at + 4),
    ];
    const jump = (condition: boolean): void => {
      at += 8 * (condition ? yes : no);
    };
    if (code === 0x20) accumulator = data.readUInt32LE(k);
    else if (code === 0x06) return k;
    else if (code === 0x05) at += 8 * k;
    else if (code === 0x15) jump(accumulator === k);
    else if (code === 0x25) jump(accumulator > k);
    else if (code === 0x35) jump(accumulator >= k);
    else if (code === 0x54) accumulator = (accumulator & k) >>> 0;
    else throw new Error(`instruction ${code.toString(16)} is not known here`);
  }
  throw new Error("the program has no end");
}
