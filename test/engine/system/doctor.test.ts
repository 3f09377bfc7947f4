import assert from "node:assert/strict";
import { examine, type Host } from "../../../engine/system/doctor.ts";

/** A machine on which nothing is missing; each case takes something away. */
const FILES: Readonly<Record<string, string>> = {
  "/proc/self/status": "Name:\tx\nCapEff:\t000001ffffffffff\n",
  "/proc/filesystems": "nodev\toverlay\n\terofs\n",
  "/sys/fs/cgroup/cgroup.controllers": "cpuset cpu io memory pids\n",
  "/proc/sys/user/max_user_namespaces": "100\n",
  "/proc/sys/kernel/seccomp/actions_avail": "kill_process errno allow\n",
  "/proc/sys/net/ipv4/ip_forward": "1\n",
};
const host = (files: Readonly<Record<string, string>> = {}, rest: Partial<Host> = {}): Host => {
  const all = { ...FILES, ...files };
  return {
    uid: 0,
    kernelRelease: "6.18.0",
    read: (path) => (all[path] === "" ? undefined : all[path]),
    exists: (path) => path.endsWith("binfmt_misc/status"),
    command: (name) => `/usr/sbin/${name}`,
    ...rest,
  };
};

describe("examine()", () => {
  it("finds nothing on a machine that has everything", () =>
    assert.deepEqual(
      examine(host()).filter(({ status }) => status !== "ok"),
      [],
    ));

  const cases: readonly [title: string, host: Host, name: string, status: string, detail: RegExp][] = [
    ["no root", host({}, { uid: 1000 }), "privileges", "missing", /not root/],
    ["an old kernel", host({}, { kernelRelease: "5.15.0-1" }), "kernel", "degraded", /40 layers/],
    ["a very old kernel", host({}, { kernelRelease: "4.19.0" }), "kernel", "missing", /5\.12/],
    ["no overlay", host({ "/proc/filesystems": "\text4\n" }), "overlay", "degraded", /vfs/],
    [
      "an erofs that cannot mount files",
      host({}, { kernelRelease: "6.8.0" }),
      "erofs",
      "degraded",
      /unpacked/,
    ],
    [
      "no pids controller",
      host({ "/sys/fs/cgroup/cgroup.controllers": "cpu memory" }),
      "control groups",
      "degraded",
      /pids/,
    ],
    [
      "v1 with memory switched off",
      host({
        "/sys/fs/cgroup/cgroup.controllers": "",
        "/proc/cgroups": "#name\ncpu\t2\t1\t1\nmemory\t0\t1\t0\npids\t3\t1\t1\n",
      }),
      "control groups",
      "degraded",
      /^v1 without memory/,
    ],
    [
      "no CAP_SYS_RESOURCE",
      host({ "/proc/self/status": "CapEff:\t000001fffeffffff\n" }),
      "resource limits",
      "degraded",
      /--ulimit/,
    ],
    ["no nft", host({}, { command: () => undefined }), "nftables", "degraded", /apt-get install nftables/],
  ];
  for (const [title, machine, name, status, detail] of cases) {
    it(`says what ${title} costs`, () => {
      const found = examine(machine).find((finding) => finding.name === name);
      assert.equal(found?.status, status);
      assert.match(found?.detail ?? "", detail);
    });
  }
});
