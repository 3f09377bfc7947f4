import assert from "node:assert/strict";
import { readlinkSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { Slipway } from "./support/slipway.ts";

describe("what a container shares and is given", () => {
  let slipway: Slipway;
  before(async function () {
    slipway = await Slipway.open(this);
  });
  after(() => slipway?.[Symbol.asyncDispose]());

  const run = (flags: string, script: string) => {
    const words = flags === "" ? [] : flags.split(" ");
    return slipway.run(["run", "--rm", "--network", "none", ...words, "busybox", "sh", "-c", script]);
  };
  const namespace = (kind: string) => readlinkSync(`/proc/self/ns/${kind}`);

  for (const [flag, kind] of [
    ["--pid host", "pid"],
    ["--ipc host", "ipc"],
    ["--uts host", "uts"],
    ["--cgroupns host", "cgroup"],
  ] as const) {
    it(`has the host's ${kind} namespace with ${flag}`, async () =>
      assert.equal((await run(flag, `readlink /proc/self/ns/${kind}`)).out, `${namespace(kind)}\n`));
  }

  it("keeps the host's name in the host's UTS namespace", async () => {
    const name = hostname();
    assert.equal((await run("--uts host", "hostname")).out, `${name}\n`);
    assert.equal(hostname(), name);
    assert.match(
      (await run("--uts host --hostname x", "true")).err,
      /conflicting options: hostname and the UTS mode/,
    );
  });

  it("has a control group namespace of its own with --cgroupns private", async () =>
    assert.notEqual(
      (await run("--cgroupns private", "readlink /proc/self/ns/cgroup")).out.trim(),
      namespace("cgroup"),
    ));

  it("sees another container's processes with --pid container:", async () => {
    const id = await slipway.ok(["run", "-d", "--network", "none", "busybox", "sleep", "4321"]);
    assert.match((await run(`--pid container:${id}`, "ps")).out, /sleep 4321/);
    await slipway.ok(["rm", "-f", id]);
    assert.match((await run("--pid container:nobody", "true")).err, /No such container: nobody/);
  });

  describe("with --ipc container:", () => {
    const donor = (name: string, ...flags: readonly string[]) =>
      slipway.ok(["run", "-d", "--name", name, "--network", "none", ...flags, "busybox", "sleep", "300"]);
    const exec = async (name: string, script: string) =>
      (await slipway.run(["exec", name, "sh", "-c", script])).out;

    it("is in the other's IPC namespace and has its shared memory, both ways", async () => {
      await donor("donor", "--ipc", "shareable", "--shm-size", "3m");
      await exec("donor", "echo theirs > /dev/shm/note");
      const joined = await run(
        "--ipc container:donor",
        "readlink /proc/self/ns/ipc; cat /dev/shm/note; echo ours > /dev/shm/note; df /dev/shm | tail -1; cat /etc/hostname",
      );
      const [ipc, note, size] = joined.out.split("\n");
      assert.equal(joined.err, "");
      assert.equal(`${ipc}\n`, await exec("donor", "readlink /proc/self/ns/ipc"));
      assert.equal(note, "theirs");
      assert.match(size ?? "", /^shm +3072 /);
      assert.equal(await exec("donor", "cat /dev/shm/note"), "ours\n");
    });

    it("keeps the memory once the other has ended", async () => {
      await donor("heir", "--ipc", "container:donor");
      await slipway.ok(["rm", "-f", "donor"]);
      assert.equal(await exec("heir", "cat /dev/shm/note"), "ours\n");
      assert.match(
        (await slipway.run(["restart", "-t", "0", "heir"])).err,
        /No such container: [0-9a-f]{64}/,
      );
    });

    it("follows the other through its renaming, and gives its memory on", async () => {
      await donor("root", "--ipc", "shareable");
      await donor("middle", "--ipc", "container:root");
      await slipway.ok(["rename", "root", "renamed"]);
      await slipway.ok(["restart", "-t", "0", "middle"]);
      await exec("renamed", "echo deep > /dev/shm/note");
      assert.equal((await run("--ipc container:middle", "cat /dev/shm/note")).out, "deep\n");
    });

    it("has memory of its own where something is mounted there", async () =>
      assert.match(
        (await run("--ipc container:renamed --tmpfs /dev/shm:size=1m", "df /dev/shm | tail -1")).out,
        /^tmpfs +1024 /,
      ));

    for (const [title, mode, flags, want] of [
      [
        "one that keeps it private",
        "closed",
        [],
        /container [0-9a-f]{64}: non-shareable IPC \(hint: use IpcMode:shareable for the donor container\)/,
      ],
      ["one that is not there", "nobody", undefined, /No such container: nobody/],
    ] as const)
      it(`is refused with ${title}`, async () => {
        if (flags !== undefined) await donor(mode, ...flags);
        assert.match((await run(`--ipc container:${mode}`, "true")).err, want);
      });

    it("is refused with one that does not run", async () => {
      await slipway.ok(["create", "--name", "still", "--ipc", "shareable", "busybox", "true"]);
      for (const [flag, kind] of [
        ["--ipc", "IPC"],
        ["--pid", "PID"],
      ])
        assert.match(
          (await run(`${flag} container:still`, "true")).err,
          new RegExp(`failed to join ${kind} namespace: container [0-9a-f]{64} is not running`),
        );
    });
  });

  it("cannot have what belongs to another's network with --network container:", async () => {
    await slipway.ok(["run", "-d", "--name", "net", "--network", "none", "busybox", "sleep", "300"]);
    const joined = (...flags: readonly string[]) =>
      slipway.run(["run", "--rm", "--network", "container:net", ...flags, "busybox", "hostname"]);
    assert.match((await joined()).out, /^[0-9a-f]{12}\n$/);
    for (const [flags, why] of [
      [["--hostname", "x"], "hostname and the network mode"],
      [["--dns", "192.0.2.1"], "dns and the network mode"],
      [["--add-host", "a:192.0.2.1"], "custom host-to-IP mapping and the network mode"],
      [["-p", "80:80"], "port publishing and the container type network mode"],
      [["--expose", "80"], "port exposing and the container type network mode"],
      [["--link", "net:a"], "container type network can't be used with links."],
    ] as const)
      assert.match((await joined(...flags)).err, new RegExp(`conflicting options: ${why}`), flags[0]);
  });

  it("can be updated in the host's UTS namespace", async () => {
    await slipway.ok([
      "run",
      "-d",
      "--name",
      "uts",
      "--uts",
      "host",
      "--network",
      "none",
      "busybox",
      "sleep",
      "300",
    ]);
    await slipway.ok(["update", "--pids-limit", "99", "uts"]);
  });

  it("has no shared memory with --ipc none", async () =>
    assert.equal(
      (await run("--ipc none", "ls /dev/shm 2>&1 || :")).out,
      "ls: /dev/shm: No such file or directory\n",
    ));

  it("is given devices under other names and with the rights that were said", async () => {
    const { out, err } = await run(
      "--device /dev/kmsg:/dev/note:w",
      ": > /dev/note && echo opened; cat /dev/note",
    );
    assert.equal(out, "opened\n");
    assert.match(err, /note.*: Operation not permitted/);
    assert.match((await run("--device /dev/nothing", "true")).err, /adding custom device "\/dev\/nothing"/);
  });

  it("is allowed the devices of a control group rule", async () => {
    // No driver has the number: what is let through finds nothing.
    const command = ["busybox", "sh", "-c", "mknod /k c 250 250; cat /k"];
    const open = async (...flags: readonly string[]) =>
      (await slipway.run(["run", "--rm", "--network", "none", ...flags, ...command])).err;
    assert.match(await open(), /Operation not permitted/);
    assert.match(await open("--device-cgroup-rule", "c 250:* rwm"), /No such device or address/);
    assert.match(await open("--device-cgroup-rule", "c 250"), /invalid device cgroup rule format: 'c 250'/);
  });

  const facts: readonly [flags: string, script: string, want: RegExp][] = [
    ["--group-add 4242 --group-add tty", "id -G", /\b4242\b/],
    ["--oom-score-adj 321", "cat /proc/self/oom_score_adj", /^321$/m],
    ["--ulimit nofile=123:456", "ulimit -n; ulimit -Hn", /^123\n456$/m],
    ["--sysctl net.ipv4.ip_forward=1", "cat /proc/sys/net/ipv4/ip_forward", /^1$/m],
    ["--shm-size 2m", "df -k /dev/shm | tail -1", /\b2048\b/],
    ["--security-opt no-new-privileges", "grep NoNewPrivs /proc/self/status", /1$/m],
    ["--security-opt seccomp=unconfined", "grep Seccomp: /proc/self/status", /0$/m],
    ["--init", "cat /proc/1/comm", /^slipway-init$/m],
    ["--domainname example.org", "cat /proc/sys/kernel/domainname", /^example\.org$/m],
    ["--read-only", "touch /x 2>&1", /Read-only file system/],
  ];
  for (const [flags, script, want] of facts) {
    it(`is as ${flags} says`, async () => assert.match((await run(flags, script)).out, want));
  }

  it("is confined by a seccomp profile from a file", async () => {
    const file = slipway.scratch.join("profile.json");
    const rule = { names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 38 };
    writeFileSync(file, JSON.stringify({ defaultAction: "SCMP_ACT_ALLOW", syscalls: [rule] }));
    assert.match((await run(`--security-opt seccomp=${file}`, "mkdir /x")).err, /Function not implemented/);
    assert.match((await run("--security-opt seccomp=/nope", "true")).err, /a file with a seccomp profile/);
  });

  const refused: readonly [flags: string, err: RegExp][] = [
    ["--pid bogus", /invalid PID mode: bogus/],
    ["--oom-score-adj 2000", /range for oom score adj is \[-1000, 1000\]/],
    ["--memory-swappiness 101", /valid memory swappiness range is 0-100/],
    ["--group-add nobodyknows", /Unable to find group nobodyknows/i],
    ["--security-opt apparmor=mine", /not supported/],
    ["--gpus all", /--gpus is not supported/],
  ];
  for (const [flags, err] of refused) {
    it(`refuses ${flags} by name`, async () => assert.match((await run(flags, "true")).err, err));
  }

  it("is told of in its inspection", async () => {
    const id = await slipway.ok([
      "create",
      "--annotation",
      "a=b",
      "--pid",
      "host",
      "--memory-reservation",
      "64m",
      "busybox",
    ]);
    const { HostConfig } = JSON.parse(await slipway.ok(["inspect", id]))[0];
    assert.deepEqual(
      [HostConfig.Annotations, HostConfig.PidMode, HostConfig.MemoryReservation],
      [{ a: "b" }, "host", 64 << 20],
    );
    await slipway.ok(["rm", id]);
  });

  it("is limited anew by update while it runs", async () => {
    const id = await slipway.ok(["run", "-d", "--network", "none", "-m", "64m", "busybox", "sleep", "60"]);
    await slipway.ok(["update", "-m", "128m", "--memory-swap", "128m", "--pids-limit", "77", id]);
    const look =
      "cat /sys/fs/cgroup/pids.max /sys/fs/cgroup/pids/pids.max 2>/dev/null; cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null; :";
    assert.equal(await slipway.ok(["exec", id, "sh", "-c", look]), "77\n134217728");
    assert.match(
      (await slipway.run(["update", "--cpus", "0.5", "--cpu-quota", "1000", id])).err,
      /Conflicting options/,
    );
    await slipway.ok(["rm", "-f", id]);
  });
});
