import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "../support/eventually.ts";
import { Slipway } from "./support/slipway.ts";

const NETWORK = ["--network", "none"] as const;

describe("containers from the command line", () => {
  let slipway: Slipway;
  before(async function () {
    slipway = await Slipway.open(this);
  });
  after(() => slipway?.[Symbol.asyncDispose]());

  const run = (...argv: readonly string[]) =>
    slipway.run(["run", "--rm", ...(argv.includes("--network") ? [] : NETWORK), ...argv]);
  const sh = (script: string, ...flags: readonly string[]) => run(...flags, "busybox", "sh", "-c", script);

  describe("run", () => {
    const outcomes: readonly [script: string, code: number, out: string, err: string][] = [
      ["echo out; echo err >&2", 0, "out\n", "err\n"],
      ["exit 3", 3, "", ""],
      ["sh -c 'kill -TERM $$'; exit $?", 143, "", "Terminated\n"],
    ];
    for (const [script, code, out, err] of outcomes) {
      it(`passes on how "${script}" ends`, async () =>
        assert.deepEqual(await sh(script), { code, out, err }));
    }

    const starts: readonly [argv: readonly string[], code: number, err: RegExp][] = [
      [["busybox", "nope"], 127, /^Error: .*exec: "nope": executable file not found in \$PATH/],
      [["busybox", "/nope"], 127, /^Error: .*exec: "\/nope": .*no such file or directory/],
      [["busybox", "/etc"], 126, /^Error: .*exec: "\/etc": .*(permission denied|is a directory)/],
      [["-u", "nobodyknows", "busybox", "true"], 125, /^Error: unable to find user nobodyknows: no matching/],
      [["-w", "rel", "busybox", "true"], 125, /^Error: the working directory 'rel' is invalid/],
      [["--name", "a/b", "busybox", "true"], 125, /^Error: Invalid container name \(a\/b\)/],
      [
        ["127.0.0.1:1/nope", "true"],
        125,
        /^Unable to find image '127.0.0.1:1\/nope:latest' locally\nError: Get .*connection refused/,
      ],
      [["--pull", "never", "nope:1", "true"], 125, /^Error: No such image: nope:1\n/],
      [["--network", "nope", "busybox", "true"], 125, /^Error: network nope not found/],
      [["-m", "1m", "busybox", "true"], 125, /^Error: Minimum memory limit allowed is 6MB/],
    ];
    for (const [argv, code, err] of starts) {
      it(`ends with ${code} for ${argv.join(" ")} and leaves nothing`, async () => {
        const ran = await run(...argv);
        assert.match(ran.err, err);
        assert.equal(ran.code, code);
        assert.equal(await slipway.ok(["ps", "-aq"]), "");
      });
    }

    it("gives the process its input until that ends", async () =>
      assert.deepEqual(
        await slipway.run(["run", "--rm", "-i", ...NETWORK, "busybox", "cat"], { stdin: "a\nb\n" }),
        {
          code: 0,
          out: "a\nb\n",
          err: "",
        },
      ));
    it("passes a megabyte both ways", async () => {
      const stdin = "0123456789abcdef".repeat(65_536);
      const { out } = await slipway.run(["run", "--rm", "-i", ...NETWORK, "busybox", "cat"], { stdin });
      assert.ok(out === stdin);
    });
    it("sets environment, user, directory and host name", async () => {
      const flags = ["-e", "A=b c", "-u", "1000:1001", "-w", "/some/where", "-h", "box"];
      const { out } = await sh('echo "$A"; id -u; id -g; pwd; hostname; echo $HOME', ...flags);
      assert.equal(out, "b c\n1000\n1001\n/some/where\nbox\n/\n");
    });
    it("stops its container at a signal", async () => {
      const signals = new EventEmitter();
      const running = slipway.run(
        [
          "run",
          "--rm",
          "--name",
          "trapped",
          ...NETWORK,
          "busybox",
          "sh",
          "-c",
          "trap 'exit 7' TERM; echo up; while :; do sleep 0.05; done",
        ],
        { signals },
      );
      while (signals.listenerCount("SIGTERM") === 0) await sleep(20);
      await eventually(async () => (await slipway.run(["logs", "trapped"])).out === "up\n");
      signals.emit("SIGTERM", "SIGTERM");
      assert.deepEqual(await running, { code: 7, out: "up\n", err: "" });
    });
    it("mounts a host directory, a named volume and a tmpfs", async () => {
      const folder = slipway.scratch.join("bound");
      mkdirSync(folder);
      writeFileSync(`${folder}/f`, "from the host\n");
      const flags = ["-v", `${folder}:/b:ro`, "-v", "data:/v", "--tmpfs", "/t:size=1m"];
      const { out } = await sh(
        "cat /b/f; touch /b/x 2>/dev/null || echo ro; echo kept >/v/f; df -k /t | tail -1 | awk '{print $2}'",
        ...flags,
      );
      assert.equal(out, "from the host\nro\n1024\n");
      assert.equal((await sh("cat /v/f", "-v", "data:/v")).out, "kept\n");
      assert.equal(await slipway.ok(["volume", "ls", "-q"]), "data");
      await slipway.ok(["volume", "rm", "data"]);
    });
    it("keeps the root read-only with --read-only", async () =>
      assert.notEqual((await sh("touch /f", "--read-only")).code, 0));
  });

  describe("a detached container", () => {
    let id: string;
    before(async () => {
      const script = "echo one; echo two >&2; trap 'echo bye; exit 5' TERM; while :; do sleep 0.05; done";
      id = await slipway.ok([
        "run",
        "-d",
        "--name",
        "web",
        "-l",
        "a=b",
        ...NETWORK,
        "busybox",
        "sh",
        "-c",
        script,
      ]);
      while (!(await slipway.run(["logs", "web"])).err.includes("two")) await sleep(50);
    });
    after(() => slipway.run(["rm", "-f", "web"]));

    it("has printed its id", () => assert.match(id, /^[0-9a-f]{64}$/));
    it("is listed", async () => {
      assert.equal(
        await slipway.ok(["ps", "--format", "{{.ID}} {{.Image}} {{.Names}} {{.State}}"]),
        `${id.slice(0, 12)} busybox web running`,
      );
      assert.equal(await slipway.ok(["ps", "-q", "-f", "label=a=b", "-f", "name=we"]), id.slice(0, 12));
      assert.equal(await slipway.ok(["ps", "-q", "-f", "label=a=c"]), "");
    });
    it("is found by name, id and prefix", async () => {
      for (const name of ["web", "/web", id, id.slice(0, 6)])
        assert.equal(await slipway.ok(["inspect", "-f", "{{.Id}}", name]), id);
    });
    it("has logs of both streams", async () => {
      assert.deepEqual(await slipway.run(["logs", "web"]), { code: 0, out: "one\n", err: "two\n" });
      assert.match((await slipway.run(["logs", "-t", "web"])).out, /^\d{4}-\d\d-\d\dT[\d:.]+Z one\n$/);
      assert.deepEqual(await slipway.run(["logs", "-n", "1", "web"]), { code: 0, out: "", err: "two\n" });
    });
    it("runs more commands", async () => {
      const { code, out } = await slipway.run([
        "exec",
        "-e",
        "X=y",
        "-w",
        "/tmp",
        "-u",
        "1",
        "web",
        "sh",
        "-c",
        "echo $X; pwd; id -u; exit 4",
      ]);
      assert.deepEqual([code, out], [4, "y\n/tmp\n1\n"]);
      assert.deepEqual(await slipway.run(["exec", "-i", "web", "cat"], { stdin: "in" }), {
        code: 0,
        out: "in",
        err: "",
      });
      assert.equal((await slipway.run(["exec", "web", "nope"])).code, 127);
    });
    it("shows its processes", async () =>
      assert.match(await slipway.ok(["top", "web"]), /PID.*\n[\s\S]*sleep/));
    it("shows what changed", async () => {
      await slipway.ok([
        "exec",
        "web",
        "sh",
        "-c",
        "mkdir /new; touch /new/f; rm /bin/wget; echo x >>/etc/group",
      ]);
      const lines = (await slipway.ok(["diff", "web"])).split("\n");
      for (const line of ["A /new", "A /new/f", "D /bin/wget", "C /etc/group", "C /etc"])
        assert.ok(lines.includes(line), line);
    });
    it("pauses and goes on", async () => {
      await slipway.ok(["pause", "web"]);
      assert.match(await slipway.ok(["ps", "--format", "{{.Status}}"]), /\(Paused\)$/);
      await slipway.ok(["unpause", "web"]);
      assert.doesNotMatch(await slipway.ok(["ps", "--format", "{{.Status}}"]), /Paused/);
    });
    it("changes its name", async () => {
      await slipway.ok(["rename", "web", "site"]);
      assert.equal(await slipway.ok(["ps", "--format", "{{.Names}}"]), "site");
      await slipway.ok(["rename", "site", "web"]);
    });
    it("is not removed while it runs", async () => {
      const { code, err } = await slipway.run(["rm", "web"]);
      assert.equal(code, 1);
      assert.match(
        err,
        /^Error: cannot remove container "\/?web": container is running: stop the container before/,
      );
    });
    it("keeps its image from being removed", async () => {
      const { code, err } = await slipway.run(["rmi", "busybox"]);
      assert.equal(code, 1);
      assert.match(
        err,
        /^Error: conflict: unable to remove repository reference "busybox" \(must force\) - container/,
      );
    });
    it("stops with its own exit code, and starts again", async () => {
      const waiting = slipway.ok(["wait", "web"]);
      await sleep(100);
      assert.equal(await slipway.ok(["stop", "web"]), "web");
      assert.equal(await waiting, "5");
      assert.match(await slipway.ok(["ps", "-a", "--format", "{{.Status}}"]), /^Exited \(5\) /);
      assert.match((await slipway.run(["logs", "web"])).out, /bye\n$/);
      await slipway.ok(["start", "web"]);
      assert.match(await slipway.ok(["ps", "--format", "{{.Status}}"]), /^Up /);
      await slipway.ok(["kill", "web"]);
      assert.equal(await slipway.ok(["wait", "web"]), "137");
    });
    it("is followed by logs -f until it ends", async () => {
      await slipway.ok(["start", "web"]);
      const ends = (text: string): number => text.match(/bye\n/g)?.length ?? 0;
      const before = ends((await slipway.run(["logs", "web"])).out);
      const following = slipway.run(["logs", "-f", "web"]);
      await slipway.ok(["stop", "web"]);
      assert.equal(ends((await following).out), before + 1);
    });
  });

  describe("cp", () => {
    before(async () => {
      await slipway.ok(["create", "--name", "box", ...NETWORK, "busybox", "sleep", "60"]);
      const folder = slipway.scratch.join("tree");
      mkdirSync(`${folder}/sub`, { recursive: true });
      writeFileSync(`${folder}/f`, "content");
      symlinkSync("f", `${folder}/l`);
    });
    after(() => slipway.run(["rm", "-f", "box"]));

    for (const state of ["stopped", "running"]) {
      it(`copies both ways with a ${state} container`, async () => {
        if (state === "running") await slipway.ok(["start", "box"]);
        await slipway.ok(["cp", "tree", `box:/${state}`]);
        await slipway.ok(["cp", "tree/f", `box:/${state}/sub`]);
        await slipway.ok(["cp", `box:/${state}/.`, `back-${state}`]);
        assert.equal(readFileSync(slipway.scratch.join(`back-${state}`, "f"), "utf8"), "content");
        assert.equal(readFileSync(slipway.scratch.join(`back-${state}`, "sub", "f"), "utf8"), "content");
        assert.equal(readFileSync(slipway.scratch.join(`back-${state}`, "l"), "utf8"), "content");
      });
    }
    it("says what is not there", async () => {
      const { code, err } = await slipway.run(["cp", "box:/nope", "."]);
      assert.deepEqual([code, err], [1, "Error: Could not find the file /nope in container box\n"]);
    });
    it("exports the whole file system", async () => {
      await slipway.ok(["export", "-o", "box.tar", "box"]);
      const id = await slipway.ok(["import", "box.tar", "exported"]);
      const { out } = await run(id, "/bin/cat", "/stopped/f");
      assert.equal(out, "content");
      await slipway.ok(["rmi", "exported"]);
    });
  });

  describe("commit", () => {
    it("makes an image of what a container changed", async () => {
      await slipway.run([
        "run",
        "--name",
        "changed",
        ...NETWORK,
        "-e",
        "A=1",
        "busybox",
        "sh",
        "-c",
        "echo hi >/f; rm /bin/wget",
      ]);
      const id = await slipway.ok([
        "commit",
        "-m",
        "why",
        "-a",
        "me",
        "-c",
        'CMD ["cat", "/f"]',
        "-c",
        "ENV B=$A",
        "changed",
        "made:1",
      ]);
      await slipway.ok(["rm", "changed"]);
      assert.deepEqual(await run("made:1"), { code: 0, out: "hi\n", err: "" });
      assert.deepEqual((await run("made:1", "sh", "-c", "echo $A$B; ls /bin/wget")).out, "11\n");
      assert.equal(
        await slipway.ok(["inspect", "-f", "{{.Id}} {{.Comment}} {{.Author}}", "made:1"]),
        `${id} why me`,
      );
      assert.match(
        await slipway.ok(["history", "--format", "{{.CreatedBy}}", "--no-trunc", "made:1"]),
        /^sh -c echo hi >\/f; rm \/bin\/wget\n/,
      );
      await slipway.ok(["rmi", "made:1"]);
    });
  });

  it("leaves a root in which nothing is wrong", async () => {
    assert.equal(await slipway.ok(["ps", "-aq"]), "");
    assert.match(await slipway.ok(["system", "check"]), /: no problem$/);
  });
});
