import assert from "node:assert/strict";
import { type CgroupLayout, parseLayout } from "../../../runtime/cgroups/layout.ts";

const V2 = "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate";
const V1 = [
  "31 23 0:28 / /sys/fs/cgroup ro shared:9 - tmpfs tmpfs ro,mode=755",
  "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw shared:10 - cgroup cgroup rw,cpu,cpuacct",
  "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory",
  "36 31 0:33 / /odd\\040place rw - cgroup cgroup rw,clone_children,pids",
  "40 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd",
].join("\n");
const LEGACY = [
  { mountpoint: "/sys/fs/cgroup/cpu,cpuacct", controllers: ["cpu", "cpuacct"] },
  { mountpoint: "/sys/fs/cgroup/memory", controllers: ["memory"] },
  { mountpoint: "/odd place", controllers: ["pids"] },
];
const UNIFIED = "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw";

const cases: readonly (readonly [title: string, mountinfo: string, want: CgroupLayout])[] = [
  ["v2", V2, { mode: "v2", unified: { mountpoint: "/sys/fs/cgroup", controllers: ["pids"] }, legacy: [] }],
  ["v1", V1, { mode: "v1", legacy: LEGACY }],
  [
    "a hybrid of both",
    `${V1}\n${UNIFIED}`,
    {
      mode: "hybrid",
      unified: { mountpoint: "/sys/fs/cgroup/unified", controllers: ["pids"] },
      legacy: LEGACY,
    },
  ],
  ["nothing", "27 1 254:0 / / rw - ext4 /dev/vda rw", { mode: "none", legacy: [] }],
];

describe("runtime/cgroups/layout", () => {
  for (const [title, mountinfo, want] of cases) {
    it(`recognises ${title}`, () =>
      assert.deepEqual(
        parseLayout(mountinfo, () => ["pids"]),
        want,
      ));
  }
});
