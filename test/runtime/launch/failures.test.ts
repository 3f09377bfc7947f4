import assert from "node:assert/strict";
import { describe, it } from "mocha";
import type { ErrorCode } from "../../../core/error-codes.ts";
import { describeOp, launchFailure, launchWarning } from "../../../runtime/launch/failures.ts";
import type { LaunchOp } from "../../../runtime/launch/ops.ts";
import { NO_OPERATION, type Stage } from "../../../runtime/launch/protocol.ts";

const ops: readonly LaunchOp[] = [
  {
    op: "bind",
    below: "",
    source: "/x",
    target: "/y",
    recursive: false,
    set: 0,
    clear: 0,
    attributesRecursive: false,
    propagation: 0,
    propagationRecursive: false,
  },
  { op: "rlimit", resource: 7, soft: 1n, hard: 1n },
  { op: "exec", args: ["foo", "bar"], env: [] },
];
const [ENOENT, EACCES, ENOEXEC, EISDIR, EPERM, ENOMEM] = [2, 13, 8, 21, 1, 12];

const cases: readonly (readonly [
  index: number,
  errno: number,
  stage: Stage,
  code: ErrorCode,
  text: string,
])[] = [
  [0, ENOENT, "none", "LAUNCH_FAILED", 'mounting "/x" on "/y": no such file or directory'],
  [NO_OPERATION, EPERM, "namespaces", "LAUNCH_FAILED", "entering namespaces: operation not permitted"],
  [NO_OPERATION, ENOENT, "cgroup", "LAUNCH_FAILED", "joining the control group: no such file or directory"],
  [2, ENOENT, "not-in-path", "EXEC_NOT_FOUND", 'exec: "foo": executable file not found in $PATH'],
  [2, ENOENT, "lookup", "EXEC_NOT_FOUND", 'exec: "foo": stat foo: no such file or directory'],
  [2, ENOENT, "execve", "EXEC_NOT_FOUND", 'exec: "foo": no such file or directory'],
  [2, EACCES, "lookup", "EXEC_DENIED", 'exec: "foo": permission denied'],
  [2, EISDIR, "lookup", "EXEC_DENIED", 'exec: "foo": is a directory: permission denied'],
  [2, ENOEXEC, "execve", "EXEC_FORMAT", "exec foo: exec format error"],
  [2, ENOMEM, "execve", "LAUNCH_FAILED", 'executing "foo": not enough memory'],
];

describe("launchFailure()", () => {
  for (const [index, errno, stage, code, text] of cases) {
    it(`says ${text}`, () => {
      const failure = launchFailure(ops, { type: "failed", index, errno, stage });
      assert.deepEqual([failure.code, failure.message], [code, text]);
    });
  }

  it("says what a warning is about", () => {
    assert.equal(
      launchWarning(ops, 1, EPERM),
      "setting the resource limit RLIMIT_NOFILE was refused by the host: operation not permitted",
    );
  });

  it("describes a mount with its type and options", () => {
    assert.equal(
      describeOp({
        op: "filesystem",
        type: "tmpfs",
        source: "shm",
        target: "/dev/shm",
        options: ["size=1"],
        attributes: 0,
      }),
      'mounting "shm" on "/dev/shm" as tmpfs with size=1',
    );
  });
});
