import assert from "node:assert/strict";
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { after, before, describe, it } from "mocha";
import type { OciProcess } from "../../../runtime/spec/oci.ts";
import { Bench, CAPABILITIES, MOUNTS, processOf, specOf } from "./support.ts";

const shell = (script: string, changes: Partial<OciProcess> = {}): OciProcess =>
  processOf(["sh", "-c", script], changes);
/** "Name:\tvalue" lines of /proc/self/status. */
const statusOf = (text: string): ReadonlyMap<string, string> =>
  new Map(text.split("\n").map((line) => line.split(":\t") as [string, string]));

describe("a launched container", () => {
  let bench: Bench;
  before(function () {
    bench = Bench.open(this);
  });
  after(() => bench?.[Symbol.dispose]());

  it("runs a program in namespaces of its own", async () => {
    const { status, stdout, stderr } = await bench.run(
      specOf(shell("hostname; echo $$; ls /sys/class/net; id -u")),
    );
    assert.deepEqual([stdout, stderr, status], ["box\n1\nlo\n0\n", "", { code: 0 }]);
  });

  it("sees only its own mounts", async () => {
    const { stdout } = await bench.run(specOf(shell("cut -d' ' -f5 /proc/self/mountinfo")));
    assert.deepEqual(stdout.trim().split("\n"), ["/", "/proc", "/dev", "/dev/pts", "/sys"]);
  });

  it("leaves no mount on the host", async () => {
    await bench.run(specOf(shell("true")));
    const mounts = readFileSync("/proc/self/mountinfo", "utf8");
    assert.ok(!mounts.includes(bench.scratch.path) && !mounts.includes(" slipway "), mounts);
  });

  it("holds no descriptor but its standard streams", async () => {
    const { stdout } = await bench.run(specOf(shell("exec ls /proc/self/fd")));
    assert.equal(stdout, "0\n1\n2\n3\n", "3 is the directory ls lists");
  });

  for (const [script, status] of [
    ["exit 7", { code: 7 }],
    ["sleep 0.01", { code: 0 }],
    ["kill -TERM $$; exit 3", { code: 3 }],
  ] as const) {
    it(`ends with ${JSON.stringify(status)} after ${script}`, async () =>
      assert.deepEqual((await bench.run(specOf(shell(script)))).status, status));
  }

  it("has the user, groups, capabilities and umask of its specification", async () => {
    const set = ["CAP_CHOWN"];
    const process = shell("umask; id; cat /proc/self/status", {
      user: { uid: 1000, gid: 1001, additionalGids: [5, 6], umask: 0o027 },
      capabilities: {
        bounding: CAPABILITIES,
        effective: set,
        permitted: set,
        inheritable: set,
        ambient: set,
      },
      noNewPrivileges: true,
    });
    const { stdout } = await bench.run(specOf(process));
    assert.match(stdout, /^0027\nuid=1000 gid=1001 groups=5\S*,6\S*\n/);
    const status = statusOf(stdout);
    const got = ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs"].map((name) =>
      status.get(name),
    );
    assert.deepEqual(got, [
      ...Array(3).fill("0000000000000001"),
      "00000000000400e1",
      "0000000000000001",
      "1",
    ]);
  });

  it("has no capability left after a change to another user", async () => {
    const { stdout } = await bench.run(specOf(shell("cat /proc/self/status", { user: { uid: 1, gid: 1 } })));
    assert.equal(statusOf(stdout).get("CapEff"), "0000000000000000");
  });

  it("can reopen its standard streams as any user", async () => {
    const { stdout, stderr } = await bench.run(
      specOf(shell("echo out >/dev/stdout; echo err >/dev/stderr", { user: { uid: 1, gid: 1 } })),
    );
    assert.deepEqual([stdout, stderr], ["out\n", "err\n"]);
  });

  it("finds the devices and links of its /dev", async () => {
    const { stdout } = await bench.run(
      specOf(shell("ls /dev; readlink /dev/fd; echo x >/dev/null && stat -c %t:%T /dev/null")),
    );
    assert.equal(stdout, "core\nfd\nnull\nptmx\npts\nstderr\nstdin\nstdout\nzero\n/proc/self/fd\n1:3\n");
  });

  it("cannot read masked paths nor write read-only ones", async () => {
    const { stdout, stderr } = await bench.run(
      specOf(
        shell("wc -c </proc/interrupts; ls /sys/firmware; echo x >/proc/sys/kernel/hostname"),
        {},
        {
          maskedPaths: ["/proc/interrupts", "/sys/firmware", "/proc/does/not/exist"],
          readonlyPaths: ["/proc/sys"],
        },
      ),
    );
    assert.equal(stdout, "0\n");
    assert.match(stderr, /hostname: Read-only file system/);
  });

  it("cannot change the host's null device through a masked file", async () => {
    const script = "chmod 600 /proc/interrupts; echo x >/proc/interrupts; echo $?";
    const { stdout, stderr } = await bench.run(
      specOf(shell(script), {}, { maskedPaths: ["/proc/interrupts"] }),
    );
    assert.match(stderr, /chmod: .*Read-only file system/);
    assert.equal(stdout, "0\n");
  });

  it("has the sysctls of its specification", async () => {
    const sysctl = { "net.ipv4.ip_unprivileged_port_start": "80" };
    const { stdout } = await bench.run(
      specOf(
        shell("cat /proc/sys/net/ipv4/ip_unprivileged_port_start"),
        {},
        { sysctl, readonlyPaths: ["/proc/sys"] },
      ),
    );
    assert.equal(stdout, "80\n");
  });

  it("cannot write to a read-only root but to its volumes", async () => {
    const volume = bench.scratch.join("volume");
    mkdirSync(volume);
    const mounts = [...MOUNTS, { destination: "/data", type: "bind", source: volume, options: ["rbind"] }];
    const spec = specOf(shell("touch /data/a; touch /b"), { mounts, root: { path: "", readonly: true } });
    const { stderr, status } = await bench.run(spec);
    assert.match(stderr, /\/b: Read-only file system/);
    assert.deepEqual([status, readdirSync(volume)], [{ code: 1 }, ["a"]]);
  });

  it("keeps what lies below a recursively read-only bind from being written", async () => {
    const mounts = [
      ...MOUNTS,
      { destination: "/v", type: "tmpfs", source: "tmpfs" },
      { destination: "/ro", type: "bind", source: "/dev/shm", options: ["rbind", "rro"] },
    ];
    const { stderr } = await bench.run(specOf(shell("touch /v/x && touch /ro/x"), { mounts }));
    assert.match(stderr, /\/ro\/x: Read-only file system/);
  });

  it("reports what it made to mount on, outside of mounts only", async () => {
    const mounts = [
      ...MOUNTS,
      { destination: "/new/deep/file", type: "bind", source: "/etc/hostname", options: ["ro"] },
      { destination: "/dev/made", type: "tmpfs", source: "tmpfs" },
    ];
    const { launched } = await bench.run(specOf(shell("true"), { mounts }));
    const made = launched.created.filter(({ path }) => path.startsWith("/new") || path.startsWith("/dev/"));
    assert.deepEqual(made, [
      { path: "/new", parent: true },
      { path: "/new/deep", parent: true },
      { path: "/new/deep/file", parent: false },
    ]);
  });

  it("resolves links of the image inside the image", async () => {
    const rootfs = bench.rootfs();
    const outside = bench.scratch.join("outside");
    mkdirSync(outside);
    symlinkSync(outside, `${bench.upper}/out`);
    symlinkSync("../../../../../../run/real", `${bench.upper}/up`);
    const mounts = [
      ...MOUNTS,
      { destination: "/out/x", type: "bind", source: "/etc/hostname", options: ["ro"] },
      { destination: "/up", type: "bind", source: "/etc/hostname", options: ["ro"] },
    ];
    const spec = specOf(shell(`cmp ${outside}/x /run/real && echo same`), { mounts });
    const { stdout, launched } = await bench.run(spec, { rootfs });
    assert.equal(stdout, "same\n");
    assert.deepEqual(readdirSync(outside), []);
    assert.ok(launched.created.some(({ path }) => path === "/run/real"));
  });

  it("sees files made for its run only", async () => {
    const files = [{ path: "/run/x/script", content: "#!/bin/sh\necho from a file\n", mode: 0o755 }];
    const { stdout, stderr } = await bench.run(specOf(shell("/run/x/script; echo >/run/x/script")), {
      files,
    });
    assert.equal(stdout, "from a file\n");
    assert.match(stderr, /Read-only file system/);
    assert.equal(readFileSync(`${bench.upper}/run/x/script`, "utf8"), "");
  });

  it("makes a missing working directory", async () => {
    const { stdout } = await bench.run(specOf(shell("pwd", { cwd: "/made/here" })));
    assert.equal(stdout, "/made/here\n");
    assert.ok(existsSync(`${bench.upper}/made/here`));
  });

  it("starts with its limits, and with a warning about one the host refuses", async () => {
    // Beyond fs.nr_open, where not even CAP_SYS_RESOURCE helps.
    const beyond = 2_000_000_000;
    const rlimits = [
      { type: "RLIMIT_CORE", soft: 0, hard: 0 },
      { type: "RLIMIT_STACK", soft: 1 << 20, hard: 1 << 20 },
      { type: "RLIMIT_NOFILE", soft: beyond, hard: beyond },
    ];
    const { stdout, launched } = await bench.run(specOf(shell("ulimit -c; ulimit -s", { rlimits })));
    const warning =
      "setting the resource limit RLIMIT_NOFILE was refused by the host: operation not permitted";
    assert.deepEqual([stdout, launched.warnings], ["0\n1024\n", [warning]]);
  });

  it("runs in a user namespace with the ids it is given", async () => {
    const rootfs = bench.rootfs();
    const first = 100_000;
    const { upper, work } = bench;
    for (const path of [upper, work]) chownSync(path, first, first);
    chmodSync(bench.scratch.path, 0o755);
    const maps = [{ containerID: 0, hostID: first, size: 65_536 }];
    const types = ["mount", "user", "pid", "network", "ipc", "uts"] as const;
    const linux = { namespaces: types.map((type) => ({ type })), uidMappings: maps, gidMappings: maps };
    const script = "id -u; cat /proc/self/uid_map; echo x >/file; echo $?; echo x >/dev/null; echo $?";
    const { stdout } = await bench.run(specOf(shell(script), {}, linux), { rootfs });
    assert.deepEqual(stdout.split(/\s+/).slice(0, -1), ["0", "0", `${first}`, "65536", "0", "0"]);
    assert.equal(statSync(`${upper}/file`).uid, first);
  });

  it("leaves the owner of a file that is its output alone", async () => {
    const path = bench.scratch.join("output");
    const file = openSync(path, "w+");
    const process = shell("echo hi", { user: { uid: 1, gid: 1 } });
    const io = { kind: "descriptors", stdin: file, stdout: file, stderr: file } as const;
    await using launched = await bench.launcher.launch(bench.request(specOf(process), io));
    await launched.go();
    await launched.exited();
    closeSync(file);
    assert.deepEqual([readFileSync(path, "utf8"), statSync(path).uid], ["hi\n", 0]);
  });

  it("keeps a stack of 150 layers", async () => {
    const layers = Array.from({ length: 150 }, (_, index) =>
      bench.scratch.join(`layer${index}-${"x".repeat(100)}`),
    );
    for (const [index, path] of layers.entries()) {
      mkdirSync(path);
      writeFileSync(`${path}/f${index}`, "");
    }
    mkdirSync(`${layers[0]}/proc`);
    const options = [...layers, bench.lower].map((path) => `lowerdir+=${path}`);
    const rootfs = [{ type: "overlay", source: "overlay", options }] as const;
    const mounts = MOUNTS.filter(({ destination }) => destination === "/proc");
    const { stdout } = await bench.run(specOf(shell("ls / | grep -c ^f"), { mounts }), { rootfs });
    assert.equal(stdout, "150\n");
  });
});
