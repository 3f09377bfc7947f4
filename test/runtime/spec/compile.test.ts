import assert from "node:assert/strict";
import type { HostConfig, ProcessConfig } from "../../../runtime/container-config.ts";
import { CAPABILITIES } from "../../../runtime/spec/capabilities.ts";
import { compileSpec, type SpecRequest } from "../../../runtime/spec/compile.ts";
import { DEFAULT_HOST_CONFIG, DEFAULT_PROCESS_CONFIG } from "../../../runtime/spec/defaults.ts";
import type { OciSpec } from "../../../runtime/spec/oci.ts";

interface Overrides {
  readonly config?: Partial<ProcessConfig>;
  readonly host?: Partial<HostConfig>;
  readonly request?: Partial<SpecRequest>;
}

function compiled({ config, host, request }: Overrides = {}): OciSpec {
  return compileSpec({
    config: { ...DEFAULT_PROCESS_CONFIG, Hostname: "h", Cmd: ["true"], ...config },
    hostConfig: { ...DEFAULT_HOST_CONFIG, ...host },
    mounts: [],
    files: { "/etc/hosts": "/c/hosts" },
    user: { user: { uid: 0, gid: 0, additionalGids: [0] }, home: "/root" },
    network: "private",
    cgroup: {
      devicesConfined: true,
      path: "/slipway/x",
      mounts: [{ destination: "/sys/fs/cgroup", type: "cgroup2", source: "cgroup", options: ["nosuid"] }],
    },
    seccomp: (capabilities) => ({ defaultAction: `of ${capabilities.length}`, syscalls: [] }),
    host: { capabilities: CAPABILITIES, devices: [], cgroupNamespaces: true },
    ...request,
  });
}

const mountAt = (spec: OciSpec, destination: string) =>
  spec.mounts.find((mount) => mount.destination === destination);
const bind = (destination: string, rw = true) => ({
  type: "bind" as const,
  source: `/host${destination}`,
  destination,
  mode: "",
  rw,
  propagation: "rprivate",
});

const cases: readonly (readonly [
  title: string,
  overrides: Overrides,
  pick: (spec: OciSpec) => unknown,
  want: unknown,
])[] = [
  [
    "gives the default environment",
    {},
    (spec) => spec.process.env,
    ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOSTNAME=h", "HOME=/root"],
  ],
  [
    "gives TERM to a terminal and lets the configuration replace and remove names",
    { config: { Tty: true, Env: ["A=1", "PATH=/bin", "A=2=3", "HOSTNAME", "HOME=/x"] } },
    (spec) => spec.process.env,
    ["PATH=/bin", "TERM=xterm", "A=2=3", "HOME=/x"],
  ],
  [
    "joins entrypoint and command",
    { config: { Entrypoint: ["a", "b"], Cmd: ["c"] } },
    (spec) => spec.process.args,
    ["a", "b", "c"],
  ],
  ["cleans the working directory", { config: { WorkingDir: "/a//b/../c/" } }, (s) => s.process.cwd, "/a/c"],
  [
    "makes namespaces of its own",
    {},
    (spec) => spec.linux.namespaces.map(({ type }) => type),
    ["mount", "network", "uts", "pid", "ipc", "cgroup"],
  ],
  [
    "stays in the host's network namespace without touching its sysctls",
    { request: { network: "host" } },
    (spec) => [spec.linux.namespaces.some(({ type }) => type === "network"), spec.linux.sysctl],
    [false, {}],
  ],
  [
    "joins another network namespace",
    { request: { network: { path: "/proc/1/ns/net" } } },
    (spec) => spec.linux.namespaces.find(({ type }) => type === "network"),
    { type: "network", path: "/proc/1/ns/net" },
  ],
  [
    "lets a sysctl replace a default one",
    { host: { Sysctls: { "net.ipv4.ip_unprivileged_port_start": "7", "net.core.somaxconn": "9" } } },
    (spec) => spec.linux.sysctl,
    {
      "net.ipv4.ip_unprivileged_port_start": "7",
      "net.ipv4.ping_group_range": "0 2147483647",
      "net.core.somaxconn": "9",
    },
  ],
  ["filters system calls by what the process may", {}, (spec) => spec.linux.seccomp?.defaultAction, "of 14"],
  [
    "leaves a privileged container open",
    { host: { Privileged: true } },
    (spec) => [
      spec.linux.seccomp,
      spec.linux.maskedPaths,
      spec.linux.readonlyPaths,
      mountAt(spec, "/sys")?.options?.includes("ro"),
      mountAt(spec, "/sys/fs/cgroup")?.options?.includes("ro"),
      spec.linux.resources?.devices,
    ],
    [undefined, [], [], false, false, [{ allow: true, access: "rwm" }]],
  ],
  [
    "reads security options",
    {
      host: {
        SecurityOpt: ["no-new-privileges", "seccomp=unconfined", "systempaths=unconfined", "label=disable"],
      },
    },
    (spec) => [spec.process.noNewPrivileges, spec.linux.seccomp, spec.linux.maskedPaths],
    [true, undefined, []],
  ],
  [
    "names rlimits by their kernel names",
    { host: { Ulimits: [{ Name: "nofile", Soft: 10, Hard: 20 }] } },
    (spec) => spec.process.rlimits,
    [{ type: "RLIMIT_NOFILE", soft: 10, hard: 20 }],
  ],
  [
    "turns limits into resources",
    { host: { Memory: 1000, NanoCpus: 1.5e9, PidsLimit: 5, CpuShares: 3, CpusetCpus: "0" } },
    (spec) => ({ ...spec.linux.resources, devices: undefined }),
    {
      devices: undefined,
      memory: { limit: 1000, swap: 2000 },
      cpu: { shares: 3, cpus: "0", period: 100_000, quota: 150_000 },
      pids: { limit: 5 },
    },
  ],
  [
    "orders the user's mounts by depth after the default ones",
    { request: { mounts: [bind("/a/b/c"), bind("/a"), bind("/z/y", false)] } },
    (spec) => spec.mounts.slice(7).map(({ destination, options }) => [destination, options?.join()]),
    [
      ["/a", "rbind,rprivate"],
      ["/z/y", "rbind,rro,rprivate"],
      ["/etc/hosts", "rbind,rprivate"],
      ["/a/b/c", "rbind,rprivate"],
    ],
  ],
  [
    "lets the user replace default mounts and generated files",
    { request: { mounts: [bind("/dev"), bind("/etc/hosts"), bind("/proc")] } },
    (spec) => spec.mounts.map(({ destination }) => destination),
    ["/sys", "/sys/fs/cgroup", "/dev", "/proc", "/etc/hosts"],
  ],
  [
    "cancels a tmpfs default by its opposite",
    { host: { Tmpfs: { "/run": "size=1m,exec" } } },
    (spec) => mountAt(spec, "/run")?.options,
    ["nosuid", "nodev", "rprivate", "size=1m", "exec"],
  ],
  [
    "makes the generated files of a read-only container read-only",
    { host: { ReadonlyRootfs: true } },
    (spec) => [spec.root.readonly, mountAt(spec, "/etc/hosts")?.options],
    [true, ["rbind", "ro", "rprivate"]],
  ],
  [
    "sizes /dev/shm",
    { host: { ShmSize: 4096 } },
    (spec) => mountAt(spec, "/dev/shm")?.options?.at(-1),
    "size=4096",
  ],
];

const refused: readonly (readonly [overrides: Overrides, message: string])[] = [
  [{ config: { Cmd: null } }, "no command specified"],
  [
    { config: { WorkingDir: "rel" } },
    "the working directory 'rel' is invalid, it needs to be an absolute path",
  ],
  [{ host: { Tmpfs: { "/x": "foo=1" } } }, 'invalid tmpfs option "foo"'],
  [{ host: { SecurityOpt: ["foo"] } }, 'invalid --security-opt: "foo"'],
  [{ host: { SecurityOpt: ["apparmor=x"] } }, "--security-opt apparmor=x is not supported"],
];

describe("runtime/spec/compile", () => {
  for (const [title, overrides, pick, want] of cases) {
    it(title, () => assert.deepEqual(pick(compiled(overrides)), want));
  }
  for (const [overrides, message] of refused) {
    it(`refuses: ${message}`, () => assert.throws(() => compiled(overrides), { message }));
  }
});
