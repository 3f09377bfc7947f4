import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { type CompileOptions, compileJoin, compileLaunch } from "../../../runtime/launch/compile.ts";
import { encodeProgram } from "../../../runtime/launch/encode.ts";
import { ATTR, CLONE, MS } from "../../../runtime/launch/flags.ts";
import type { LaunchOp, OpName } from "../../../runtime/launch/ops.ts";
import { processOf, specOf } from "./support.ts";

const process = processOf(["true"]);
const rootfs: CompileOptions["rootfs"] = [
  { type: "overlay", source: "overlay", options: ["lowerdir+=/l", "upperdir=/u", "workdir=/w"] },
];
const names = (ops: readonly LaunchOp[]): readonly OpName[] => ops.map(({ op }) => op);
const opsOf = (...args: Parameters<typeof specOf>): readonly LaunchOp[] =>
  compileLaunch(specOf(...args), { rootfs }).ops;
const find = <N extends OpName>(ops: readonly LaunchOp[], name: N): readonly Extract<LaunchOp, { op: N }>[] =>
  ops.filter((op): op is Extract<LaunchOp, { op: N }> => op.op === name);

describe("compileLaunch()", () => {
  it("lists the operations of a plain container", () => {
    assert.deepEqual(names(opsOf(process, { mounts: [] })), [
      "keyring",
      "propagation",
      "stage",
      "filesystem",
      "root",
      "hostname",
      "pivot",
      "workingDirectory",
      "ownStdio",
      "park",
      "bounding",
      "user",
      "capabilities",
      "exec",
    ]);
  });

  it("makes the namespaces of the specification and joins those with a path", () => {
    const namespaces = [{ type: "pid" }, { type: "network", path: "/proc/1/ns/net" }] as const;
    const program = compileLaunch(specOf(process, {}, { namespaces }), { rootfs });
    assert.equal(program.namespaces, CLONE.mount | CLONE.pid);
    assert.deepEqual(program.joinFiles, [{ flag: CLONE.network, path: "/proc/1/ns/net" }]);
  });

  it("mounts layers in the stage and names them where later mounts refer to them", () => {
    const { ops } = compileLaunch(specOf(process, { mounts: [] }), {
      rootfs: [
        { type: "erofs", source: "/l/1.erofs", target: "/one", options: ["ro", "device=/l/1.tar"] },
        { type: "bind", source: "/l/2", target: "/two", options: ["ro"] },
        { type: "overlay", source: "overlay", options: ["lowerdir+=/two", "lowerdir+=/one", "upperdir=/u"] },
      ],
    });
    const filesystems = find(ops, "filesystem").map(({ target, options }) => [target, options]);
    assert.deepEqual(filesystems, [
      ["layer0", ["device=/l/1.tar"]],
      ["root", ["lowerdir+=layer1", "lowerdir+=layer0", "upperdir=/u"]],
    ]);
    assert.deepEqual(
      find(ops, "bind").map(({ source, target, set }) => [source, target, set]),
      [["/l/2", "layer1", ATTR.readonly]],
    );
  });

  it("makes nodes and links only in a /dev of the container's own", () => {
    const own = opsOf(process, { mounts: [{ destination: "/dev", type: "tmpfs", source: "tmpfs" }] });
    assert.deepEqual([find(own, "device").length, find(own, "link").length], [2, 6]);
    const host = opsOf(process, { mounts: [{ destination: "/dev/", type: "bind", source: "/dev" }] });
    assert.deepEqual([find(host, "device").length, find(host, "link").length], [0, 0]);
  });

  it("writes sysctls before their path becomes read-only, and masks last", () => {
    const ops = opsOf(
      process,
      { mounts: [] },
      {
        sysctl: { "net.ipv4.ping_group_range": "0 1" },
        readonlyPaths: ["/proc/sys"],
        maskedPaths: ["/proc/kcore"],
      },
    );
    assert.deepEqual(
      names(ops).filter((name) => ["sysctl", "readonly", "mask", "pivot"].includes(name)),
      ["sysctl", "readonly", "mask", "pivot"],
    );
    assert.equal(find(ops, "sysctl")[0]?.target, "/proc/sys/net/ipv4/ping_group_range");
  });

  it("makes the root read-only after the working directory was made", () => {
    const order = names(opsOf(process, { mounts: [], root: { path: "", readonly: true } }));
    assert.ok(order.indexOf("attributes") > order.indexOf("workingDirectory"));
  });

  it("never lets a mount travel to the host", () => {
    const flags = (rootfsPropagation?: string): readonly number[] =>
      find(
        opsOf(process, {}, rootfsPropagation === undefined ? {} : { rootfsPropagation }),
        "propagation",
      ).map((op) => op.flags);
    assert.deepEqual(flags(), [MS.slave | MS.recursive]);
    assert.deepEqual(flags("rprivate"), [MS.slave | MS.recursive, MS.private | MS.recursive]);
    // Only the mount below the stage is cut off, so that a shared volume stays shared.
    assert.deepEqual(flags("rshared"), [MS.slave, MS.shared | MS.recursive]);
  });

  it("binds files of one run read-only from the stage", () => {
    const { ops } = compileLaunch(specOf(process, { mounts: [] }), {
      rootfs,
      files: [{ path: "/dev/pipes/EOF", content: "echo hi\n", mode: 0o755 }],
    });
    assert.deepEqual(find(ops, "file"), [
      { op: "file", name: "file0", mode: 0o755, uid: 0, gid: 0, content: Buffer.from("echo hi\n") },
    ]);
    const [bind] = find(ops, "bind");
    assert.deepEqual([bind?.source, bind?.target, bind?.set], ["file0", "/dev/pipes/EOF", ATTR.readonly]);
  });

  it("starts an init before the program when asked", () => {
    const { ops } = compileLaunch(specOf(process), { rootfs, init: true });
    assert.deepEqual(names(ops).slice(-2), ["init", "exec"]);
  });

  it("refuses a terminal on passed descriptors and a shared tmpfs", () => {
    assert.throws(() => opsOf({ ...process, terminal: true }), { code: "OPTION_UNSUPPORTED" });
    const mounts = [{ destination: "/t", type: "tmpfs", source: "tmpfs", options: ["shared"] }];
    assert.throws(() => opsOf(process, { mounts }), {
      message: "a shared tmpfs mount on /t is not supported",
    });
  });
});

describe("the privileges of a process", () => {
  const filter = Buffer.alloc(8);
  const order = (noNewPrivileges: boolean): readonly OpName[] =>
    names(compileJoin(1, { ...process, noNewPrivileges }, { seccomp: filter }).ops).slice(-6);

  it("take the filter before they are given up, while they allow to install it", () =>
    assert.deepEqual(order(false), ["park", "bounding", "seccomp", "user", "capabilities", "exec"]));

  it("take the filter last when no_new_privs allows that", () =>
    assert.deepEqual(order(true), [
      "bounding",
      "user",
      "capabilities",
      "noNewPrivileges",
      "seccomp",
      "exec",
    ]));

  it("are bit masks in the kernel's numbering", () => {
    const sets = {
      bounding: ["CAP_CHOWN", "CAP_BPF"],
      effective: [],
      permitted: ["CAP_KILL"],
      inheritable: [],
      ambient: [],
    };
    const { ops } = compileJoin(1, { ...process, capabilities: sets }, {});
    assert.equal(find(ops, "bounding")[0]?.keep, (1n << 0n) | (1n << 39n));
    assert.equal(find(ops, "capabilities")[0]?.permitted, 1n << 5n);
  });

  it("are none when the specification has none", () => {
    const { capabilities: _, ...bare } = process;
    assert.equal(find(compileJoin(1, bare, {}).ops, "bounding")[0]?.keep, 0n);
  });

  it("refuse a capability and a limit that do not exist", () => {
    const capabilities = { bounding: ["CAP_X"], effective: [], permitted: [], inheritable: [], ambient: [] };
    assert.throws(() => compileJoin(1, { ...process, capabilities }, {}), { code: "CAPABILITY_UNKNOWN" });
    const rlimits = [{ type: "RLIMIT_X", soft: 1, hard: 1 }];
    assert.throws(() => compileJoin(1, { ...process, rlimits }, {}), { code: "OPTION_INVALID" });
  });
});

describe("compileJoin()", () => {
  it("enters the process's namespaces and mounts nothing", () => {
    const program = compileJoin(42, process, {});
    assert.equal(program.namespaces, 0);
    assert.equal(program.join?.pid, 42);
    assert.deepEqual(names(program.ops).slice(0, 3), ["keyring", "workingDirectory", "ownStdio"]);
    assert.equal(find(program.ops, "workingDirectory")[0]?.create, false);
  });

  it("opens a terminal without making it the console", () => {
    const { ops } = compileJoin(42, process, { terminal: { columns: 80, rows: 24 } });
    assert.deepEqual(find(ops, "terminal"), [{ op: "terminal", columns: 80, rows: 24, console: false }]);
  });
});

describe("encodeProgram()", () => {
  it("packs what the launcher reads before the operations, then each with its length", () => {
    const program = {
      namespaces: CLONE.pid,
      joinFiles: [{ flag: 1, path: "/n" }],
      ops: [{ op: "root", name: "ab" }],
    } as const;
    const setup = { cgroup2: "/c", cgroupFiles: ["/t"], cgroupDirs: [] };
    assert.equal(
      encodeProgram(program, setup).toString("hex"),
      [
        "534c5731",
        "0000002000000000",
        "00000000",
        "0000000000000000",
        "01000000" + "0100000000000000" + "020000002f6e00",
        "020000002f6300",
        "01000000" + "020000002f7400",
        "00000000",
        "00",
        "01000000" + "05" + "07000000" + "02000000616200",
      ].join(""),
    );
  });

  it("refuses text that a zero byte would cut short", () => {
    const { ops } = compileJoin(1, { ...process, args: ["a\0b"] }, {});
    assert.throws(
      () => encodeProgram({ namespaces: 0, joinFiles: [], ops }, { cgroupFiles: [], cgroupDirs: [] }),
      {
        code: "OPTION_INVALID",
      },
    );
  });
});
