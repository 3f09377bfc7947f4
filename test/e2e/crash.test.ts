import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { builtCommand, commandEnv } from "./support/command.ts";
import { Slipway } from "./support/slipway.ts";

/** How often a build is killed; SLIPWAY_KILLS=50 for the long form. */
const KILLS = Number(process.env["SLIPWAY_KILLS"] ?? 6);

const DOCKERFILE = `
FROM busybox AS one
RUN dd if=/dev/urandom of=/big bs=64k count=32 && sleep 0.1
COPY . /context
RUN sleep 0.1; cp -r /context /copy
FROM busybox
RUN sleep 0.1; mkdir -p /a/b/c
COPY --from=one /copy /copy
RUN cat /copy/f | wc -c > /size && rm -r /a
ENTRYPOINT ["cat", "/size"]
`;

/** Mount points, and processes with open files or working directories, below a directory. */
function traces(root: string): readonly string[] {
  const mounts = readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .filter((line) => line.includes(root));
  const processes = readdirSync("/proc").filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const holding = processes.filter((pid) =>
    [`/proc/${pid}/cwd`, `/proc/${pid}/root`].some((link) => {
      try {
        return readlinkSync(link).startsWith(root);
      } catch {
        return false;
      }
    }),
  );
  return [...mounts, ...holding.map((pid) => `process ${pid}`)];
}

describe("a build that is killed", () => {
  let slipway: Slipway;
  let context: string;
  let command: string;
  before(async function () {
    slipway = await Slipway.open(this);
    command = builtCommand();
    context = slipway.scratch.join("context");
    mkdirSync(context);
    writeFileSync(`${context}/Dockerfile`, DOCKERFILE);
    writeFileSync(`${context}/f`, "x".repeat(1 << 20));
  });
  after(() => slipway?.[Symbol.asyncDispose]());

  const start = () =>
    spawn(command, ["--root", slipway.root, "build", "--no-cache", "-q", "-t", "built", context], {
      stdio: "ignore",
      env: commandEnv(),
    });

  it(`leaves nothing behind, ${KILLS} times, and succeeds then`, async function () {
    this.timeout(30_000 + KILLS * 5000);
    const began = Date.now();
    const [code] = (await once(start(), "exit")) as [number];
    assert.equal(code, 0);
    const whole = Date.now() - began;
    for (let kill = 0; kill < KILLS; kill++) {
      const build = start();
      // Spread over the whole build, the first ones and the last ones included.
      const after = whole * ((kill + Math.random()) / KILLS);
      await Promise.race([sleep(after), once(build, "exit")]);
      build.kill("SIGKILL");
      if (build.exitCode === null && build.signalCode === null) await once(build, "exit");
      // The processes of its steps end with it; give the kernel the time to take them down.
      for (let wait = 0; traces(slipway.root).length > 0 && wait < 40; wait++) await sleep(50);
      assert.deepEqual(traces(slipway.root), [], `killed after ${after} ms`);
      assert.match(await slipway.ok(["system", "check"]), /: no problem$/, `killed after ${after} ms`);
    }
    const [again] = (await once(start(), "exit")) as [number];
    assert.equal(again, 0);
    assert.equal(await slipway.ok(["run", "--rm", "--network", "none", "built"]), String(1 << 20));
    assert.match(await slipway.ok(["system", "check"]), /: no problem$/);
    assert.deepEqual(readdirSync(`${slipway.root}/ingest`), []);
    assert.deepEqual(readdirSync(`${slipway.root}/snapshots`), []);
  });
});
