import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { HostConfig } from "../../../runtime/container-config.ts";
import { servedPage } from "../../support/served-page.ts";
import { describeContainers, MEBIBYTE } from "./support.ts";

describeContainers("what containers see and may use", (here) => {
  const { create, start, status, run, leftovers } = here;

  describe("limits", () => {
    it("kills for memory and says so", async () => {
      const { id, exitCode } = await run("head -c 64m /dev/zero | tail", {
        host: { Memory: 16 * MEBIBYTE, MemorySwap: 16 * MEBIBYTE },
      });
      assert.ok([137, 1].includes(exitCode), String(exitCode));
      assert.equal((await here.containers.get(id)).state.oomKilled, true);
    });
    it("limits processes", async () => {
      const { output } = await run("for i in 1 2 3 4 5 6 7 8; do sleep 1 & done 2>&1; echo", {
        host: { PidsLimit: 4 },
      });
      assert.match(output, /can't fork/);
    });
    it("shows the container its own groups", async () => {
      const { output } = await run(
        "cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max 2>/dev/null",
        { host: { Memory: 32 * MEBIBYTE } },
      );
      assert.equal(output, `${32 * MEBIBYTE}\n`);
    });
    it("keeps devices away that are not the container's", async () => {
      const { output } = await run(
        "mknod /tmp/kmsg c 1 11; head -c1 /tmp/kmsg 2>&1; head -c3 /dev/zero | wc -c",
      );
      assert.match(output, /Operation not permitted\n3\n$/);
    });
  });

  describe("isolation", () => {
    const CAPS = "grep -E '^Cap(Eff|Bnd)' /proc/self/status | cut -f2";
    it("gives Docker's capabilities, more or fewer when asked", async () => {
      const capabilities = async (host: Partial<HostConfig>) =>
        (await run(CAPS, { host })).output.trim().split("\n")[0];
      assert.equal(await capabilities({}), "00000000a80425fb");
      assert.equal(await capabilities({ CapAdd: ["NET_ADMIN"] }), "00000000a80435fb");
      assert.equal(await capabilities({ CapDrop: ["ALL"], CapAdd: ["chown"] }), "0000000000000001");
    });
    it("gives a privileged container the devices and a writable /sys", async () => {
      const { output } = await run(
        "ls /dev/kmsg; grep -q ' /sys .*[ ,]rw' /proc/mounts && echo writable; grep Seccomp: /proc/self/status",
        {
          host: { Privileged: true },
        },
      );
      assert.equal(output, "/dev/kmsg\nwritable\nSeccomp:\t0\n");
    });
    it("has the file by which programs know containers", async () => {
      const { output } = await run("stat -c '%F' /.dockerenv; rm /.dockerenv && echo gone");
      assert.equal(output, "regular empty file\ngone\n");
    });
    it("hides and protects parts of /proc", async () => {
      const { output } = await run(
        "(echo 1 > /proc/sys/vm/swappiness) 2>&1; cat /proc/keys /proc/timer_list | wc -c; ls /sys/firmware | wc -l",
      );
      assert.match(output, /Read-only file system\n0\n0\n$/);
    });
    it("runs as a user with its groups and its home, without capabilities", async () => {
      const { output } = await run("id -u; id -g; id -G; echo $HOME; cd /; touch /x 2>&1", {
        config: { User: "1234:5" },
      });
      assert.equal(output, "1234\n5\n5\n/\ntouch: /x: Permission denied\n");
    });
    it("sets sysctls, limits and no_new_privs", async () => {
      const { output } = await run(
        "cat /proc/sys/net/ipv4/ip_forward; ulimit -n; grep NoNewPrivs /proc/self/status",
        {
          host: {
            Sysctls: { "net.ipv4.ip_forward": "1" },
            Ulimits: [{ Name: "nofile", Soft: 100, Hard: 200 }],
            SecurityOpt: ["no-new-privileges"],
          },
        },
      );
      assert.equal(output, "1\n100\nNoNewPrivs:\t1\n");
    });
    it("has an init process when asked", async () => {
      const { output } = await run("echo $$; cat /proc/1/comm", { host: { Init: true } });
      assert.match(output, /^[2-9]\d*\nslipway-init\n$/);
    });
  });

  describe("file systems", () => {
    it("fills a new volume with the image's content, and keeps it", async () => {
      const binds = { host: { Binds: ["keep:/bin", "empty:/fresh"] } };
      assert.equal(
        (await run("[ -e /bin/busybox ] && touch /bin/new /fresh/x && echo ok", binds)).output,
        "ok\n",
      );
      const again = await run("[ -e /bin/new ] && [ -e /fresh/x ] && echo still", binds);
      assert.equal(again.output, "still\n");
      await assert.rejects(here.rig.volumes.remove("keep"), { code: "VOLUME_IN_USE" });
      for (const { id } of await here.containers.list()) await here.containers.remove(id, { volumes: true });
      assert.deepEqual(
        here.rig.volumes.list().map(({ name }) => name),
        ["empty", "keep"],
      );
      for (const { name } of here.rig.volumes.list()) await here.rig.volumes.remove(name);
    });
    it("gives declared volumes a place of their own, which goes when asked", async () => {
      const id = await start("echo x > /v/f", { config: { Volumes: { "/v": {} } } });
      await here.containers.wait(id);
      const [mount] = (await here.containers.get(id)).mounts;
      assert.ok(mount?.name !== undefined);
      assert.equal(readFileSync(`${mount.source}/f`, "utf8"), "x\n");
      await here.containers.remove(id, { volumes: true });
      assert.deepEqual(here.rig.volumes.list(), []);
    });
    it("binds host directories, read-only when asked, and makes those that are missing", async () => {
      const path = here.rig.scratch.join("bound");
      const { output } = await run("echo x > /rw/f; (echo y > /ro/g) 2>&1 || echo denied", {
        host: { Binds: [`${path}:/rw`, `${path}:/ro:ro`] },
      });
      assert.match(output, /Read-only file system\ndenied\n$/);
      assert.equal(readFileSync(`${path}/f`, "utf8"), "x\n");
    });
    it("has a read-only root with writable tmpfs", async () => {
      const { output } = await run("touch /x 2>&1; touch /t/y && echo ok; mount | grep ' /t '", {
        host: { ReadonlyRootfs: true, Tmpfs: { "/t": "size=1m" } },
      });
      assert.match(output, /Read-only file system\nok\ntmpfs on \/t .*size=1024k/);
    });
    it("names host, resolver and itself on its own /etc", async () => {
      const { id, output } = await run(
        "cat /etc/hostname; hostname; grep db /etc/hosts; cat /etc/resolv.conf",
        {
          host: { ExtraHosts: ["db:10.0.0.9"], Dns: ["10.9.9.9"], DnsSearch: ["example.org"] },
        },
      );
      const name = id.slice(0, 12);
      assert.equal(output, `${name}\n${name}\n10.0.0.9\tdb\nnameserver 10.9.9.9\nsearch example.org\n`);
    });
    it("tells what it made to mount on apart from what the container wrote", async () => {
      const { id } = await run("touch /mine", { host: { Binds: ["/tmp:/made/here"] } });
      const left = await here.containers.mountLeftovers(id);
      assert.ok(left.includes("/made") && left.includes("/made/here"));
      assert.ok(!left.includes("/mine"));
      using tree = await here.containers.openRoot(id);
      assert.ok(tree.stat("/mine") !== undefined);
    });
  });

  describe("networks", () => {
    it("publishes a port on this host", async () => {
      const id = await start("mkdir /www; echo served > /www/index.html; exec httpd -f -p 80 -h /www", {
        host: { NetworkMode: "bridge", PortBindings: { "80/tcp": [{ HostIp: "", HostPort: "" }] } },
      });
      const [endpoint] = (await here.containers.get(id)).endpoints;
      const port = endpoint?.ports[0]?.hostPort;
      assert.equal(await servedPage(`127.0.0.1:${port}`), "served\n");
      await here.containers.stop(id, { timeoutMs: 0 });
      assert.deepEqual(leftovers().endpoints, { n: 0 });
      assert.equal((await here.containers.get(id)).endpoints[0]?.address, "");
    });
    it("gives the port of a container that ended unnoticed to the next", async () => {
      const wanted = {
        host: {
          NetworkMode: "bridge",
          PortBindings: { "80/tcp": [{ HostIp: "127.0.0.1", HostPort: "38217" }] },
        },
      };
      const first = await start("exec sleep 60", wanted);
      const second = await create("exec sleep 60", wanted);
      await assert.rejects(here.containers.start(second), {
        message: "Bind for 127.0.0.1:38217 failed: port is already allocated",
      });
      const { pid } = (await here.containers.get(first)).state;
      process.kill(pid, "SIGKILL");
      while (existsSync(`/proc/${pid}`)) await sleep(5);
      await here.containers.start(second);
      assert.equal(await status(second), "running");
    });
    it("shares another container's network", async () => {
      const first = await start("exec sleep 60", { name: "first", host: { NetworkMode: "bridge" } });
      const { output } = await run("ip -4 -o addr show eth0", { host: { NetworkMode: "container:first" } });
      assert.match(output, new RegExp(`inet ${(await here.containers.get(first)).endpoints[0]?.address}/`));
      await here.containers.kill(first, "KILL");
      const id = await create("true", { host: { NetworkMode: "container:first" } });
      await assert.rejects(here.containers.start(id), {
        message: "cannot join network namespace of a non running container: container first is exited",
      });
    });
    it("refuses a network it does not know", async () => {
      const id = await create("true", { host: { NetworkMode: "nosuch" } });
      await assert.rejects(here.containers.start(id), { message: "network nosuch not found" });
    });
  });
});
