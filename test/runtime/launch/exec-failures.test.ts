import assert from "node:assert/strict";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { after, before, describe, it } from "mocha";
import { Bench, processOf, specOf } from "./support.ts";

const cases: readonly (readonly [title: string, program: string, code: string, message: string])[] = [
  ["a name not in PATH", "nope", "EXEC_NOT_FOUND", 'exec: "nope": executable file not found in $PATH'],
  ["an empty name", "", "EXEC_NOT_FOUND", 'exec: "": executable file not found in $PATH'],
  [
    "a missing path",
    "/bin/nope",
    "EXEC_NOT_FOUND",
    'exec: "/bin/nope": stat /bin/nope: no such file or directory',
  ],
  ["a directory", "/bin", "EXEC_DENIED", 'exec: "/bin": is a directory: permission denied'],
  ["a file without execute permission", "/plain", "EXEC_DENIED", 'exec: "/plain": permission denied'],
  ["a file of no known format", "/text", "EXEC_FORMAT", "exec /text: exec format error"],
  ["a missing interpreter", "/orphan", "EXEC_NOT_FOUND", 'exec: "/orphan": no such file or directory'],
];

describe("a program that cannot be run", () => {
  let bench: Bench;
  before(function () {
    bench = Bench.open(this);
    const put = (name: string, text: string, mode: number): void => {
      writeFileSync(`${bench.lower}/${name}`, text);
      chmodSync(`${bench.lower}/${name}`, mode);
    };
    put("plain", "", 0o644);
    put("text", "just text", 0o755);
    put("orphan", "#!/no/interpreter\n", 0o755);
    put("bin/unexecutable", "", 0o644);
  });
  after(() => bench?.[Symbol.dispose]());

  for (const [title, program, code, message] of cases) {
    it(`is reported: ${title}`, () =>
      assert.rejects(bench.run(specOf(processOf([program]))), { code, message }));
  }

  it("passes over files of PATH that are not executable", () =>
    assert.rejects(bench.run(specOf(processOf(["unexecutable"]))), { code: "EXEC_NOT_FOUND" }));

  it("is judged by the rights of the user it is run as", async () => {
    mkdirSync(`${bench.lower}/private`, { mode: 0o700 });
    writeFileSync(`${bench.lower}/private/run`, "#!/bin/sh\n");
    chmodSync(`${bench.lower}/private/run`, 0o755);
    const process = processOf(["/private/run"], { user: { uid: 1, gid: 1 } });
    await assert.rejects(bench.run(specOf(process)), {
      code: "EXEC_DENIED",
      message: 'exec: "/private/run": permission denied',
    });
  });
});

describe("a container that cannot be launched", () => {
  let bench: Bench;
  before(function () {
    bench = Bench.open(this);
  });
  after(() => bench?.[Symbol.dispose]());

  it("names the mount that failed", () => {
    const mounts = [{ destination: "/y", type: "bind", source: "/does/not/exist", options: ["rbind"] }];
    return assert.rejects(bench.run(specOf(processOf(["true"]), { mounts })), {
      code: "LAUNCH_FAILED",
      message: 'mounting "/does/not/exist" on "/y": no such file or directory',
    });
  });

  it("names a namespace that cannot be joined", () => {
    const namespaces = [{ type: "network", path: "/proc/self/ns/uts" }] as const;
    return assert.rejects(bench.run(specOf(processOf(["true"]), {}, { namespaces })), {
      code: "LAUNCH_FAILED",
      message: "entering namespaces: invalid argument",
    });
  });

  it("names a control group that is not there", () =>
    assert.rejects(
      bench.run(specOf(processOf(["true"])), { cgroupProcs: ["/sys/fs/cgroup/nope/cgroup.procs"] }),
      {
        code: "LAUNCH_FAILED",
        message: "joining the control group: no such file or directory",
      },
    ));

  it("names a working directory that is none", async () => {
    const process = processOf(["true"], { cwd: "/bin/busybox" });
    await assert.rejects(bench.run(specOf(process)), {
      code: "LAUNCH_FAILED",
      message: 'chdir to cwd ("/bin/busybox"): not a directory',
    });
  });
});
