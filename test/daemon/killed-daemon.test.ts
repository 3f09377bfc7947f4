import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { bridgeName } from "../../runtime/network/bridge-driver.ts";
import { Slipway } from "../e2e/support/slipway.ts";
import { eventually } from "../support/eventually.ts";
import { requiresCommand } from "../support/requires.ts";
import { ApiClient } from "./support/api-client.ts";
import { ask, upgraded } from "./support/ask.ts";
import { DaemonProcess } from "./support/daemon-process.ts";
import { unframed } from "./support/output-frames.ts";

/** How often the daemon is killed; SLIPWAY_KILLS=50 for the long form. */
const KILLS = Number(process.env["SLIPWAY_KILLS"] ?? 3);
const PATIENCE_MS = 60_000;
/** A kill comes so long after a round's containers were started, at the latest. */
const LATEST_KILL_MS = 500;
const LONGEST_OUTAGE_MS = 600;

interface Described {
  readonly Id: string;
  readonly RestartCount: number;
  readonly State: {
    readonly Status: string;
    readonly ExitCode: number;
    readonly Pid: number;
    readonly Health?: { readonly Status: string };
  };
  readonly NetworkSettings: {
    readonly Ports: Readonly<Record<string, readonly { readonly HostPort: string }[]>>;
  };
}

/** Numbered lines for as long as it runs, each with what another container of its network serves by name. */
const STEADY = "i=0; while :; do echo $i $(wget -qO- http://web/); i=$((i+1)); sleep 0.05; done";
const ECHO = "while read line; do echo got $line; done";
const WEB = "mkdir /www; echo page >/www/index.html; exec httpd -f -p 80 -h /www";
/** Ends while the daemon is away, as a rule: lines before and after it is killed, and on both streams. */
const BRIEF = (code: number): string => `seq 1 2000; sleep 0.3; seq 2001 4000; seq 1 9 >&2; exit ${code}`;
const FAILING = "n=$(cat /n || echo 0); n=$((n+1)); echo $n >/n; echo $n; sleep 0.05; exit 3";

const numbers = (first: number, count: number): readonly string[] =>
  Array.from({ length: count }, (_, i) => String(first + i));
const linesOf = (text: string): readonly string[] => text.split("\n").slice(0, -1);

describe(`a daemon that is killed ${KILLS} times`, () => {
  let slipway: Slipway;
  let socket: string;
  let api: ApiClient;
  let daemon: DaemonProcess;
  const ids = { steady: "", web: "", echo: "", always: "", stopped: "" };
  const rounds: { readonly brief: string; readonly failing: string; readonly code: number }[] = [];
  let echoed = 0;
  let port = 0;
  let steadyPid = 0;

  before(async function () {
    requiresCommand(this, "nft");
    slipway = await Slipway.open(this);
    socket = slipway.scratch.join("daemon.sock");
    api = new ApiClient(socket);
    await up();
  });
  after(async () => {
    await daemon?.stop();
    await slipway?.[Symbol.asyncDispose]();
  });

  async function up(): Promise<void> {
    const pidFile = slipway.scratch.join("pid");
    daemon = new DaemonProcess(slipway.root, ["-H", `unix://${socket}`, "--pidfile", pidFile]);
    await daemon.said(/API listen on/);
  }

  const call: ApiClient["call"] = (...request) => api.call(...request);
  const get = <T>(path: string) => api.get<T>(path);
  const run: ApiClient["run"] = (...container) => api.run(...container);
  const look = (id: string) => get<Described>(`/containers/${id}/json`);
  const shell = (script: string) => ({ Cmd: ["sh", "-c", script] });

  async function logs(id: string): Promise<ReturnType<typeof unframed>> {
    return unframed((await ask(socket, "GET", `/containers/${id}/logs?stdout=1&stderr=1`)).bytes);
  }

  async function page(): Promise<string> {
    const options = { headers: { connection: "close" }, signal: AbortSignal.timeout(PATIENCE_MS) };
    return (await fetch(`http://127.0.0.1:${port}/`, options)).text();
  }

  /** Attaches, and has a line said and answered. The connection is closed by the daemon, or by its end. */
  async function converse(): Promise<Duplex> {
    const streams = "stream=1&stdin=1&stdout=1";
    const connection = await upgraded(socket, `/containers/${ids.echo}/attach?${streams}`, {
      upgrade: "tcp",
    });
    connection.on("error", () => undefined);
    let said = "";
    connection.on("data", (chunk: Buffer) => (said += chunk.toString()));
    const line = `${echoed}`;
    echoed += 1;
    connection.write(`${line}\n`);
    await eventually(
      () => Promise.resolve(said),
      (text) => text.includes(`got ${line}\n`),
    );
    return connection;
  }

  /** Makes, starts, waits for and removes containers until the daemon is gone, which is in the middle of one of these. */
  async function churn(round: number): Promise<void> {
    for (let count = 0; ; count++) {
      try {
        const ports = { PortBindings: { "80/tcp": [{ HostIp: "127.0.0.1", HostPort: "" }] } };
        const body = { Cmd: ["true"], Labels: { churn: "" }, HostConfig: ports, Volumes: { "/v": {} } };
        const id = await run(`churn-${round}-${count}`, body);
        await call("POST", `/containers/${id}/wait`);
        await call("DELETE", `/containers/${id}?v=1`);
      } catch (error) {
        if (error instanceof Error && "code" in error) return;
        throw error;
      }
    }
  }

  async function oneKill(round: number): Promise<void> {
    const code = 7 + round;
    const failing = await run(`failing-${round}`, {
      ...shell(FAILING),
      HostConfig: { RestartPolicy: { Name: "on-failure", MaximumRetryCount: 2 } },
    });
    const brief = await run(`brief-${round}`, shell(BRIEF(code)));
    const own = { ...shell("sleep 0.2"), HostConfig: { AutoRemove: true } };
    await run(`own-${round}`, own);
    rounds.push({ brief, failing, code });
    const connection = await converse();
    const closed = once(connection, "close");
    const churned = churn(round);
    await sleep(Math.random() * LATEST_KILL_MS);
    await daemon.kill();
    await Promise.all([churned, closed]);
    assert.equal(await page(), "page\n", "while the daemon is gone");
    await sleep(Math.random() * LONGEST_OUTAGE_MS);
    await up();
    assert.equal(await page(), "page\n", "after the daemon's start");
    await converse().then((again) => again.destroy());
  }

  it("goes on serving the ports of containers and talking to them", async function () {
    this.timeout(PATIENCE_MS + KILLS * 20_000);
    await call("POST", "/networks/create", { Name: "inner" });
    const inner = { NetworkMode: "inner" };
    ids.web = await run("web", {
      ...shell(WEB),
      Healthcheck: { Test: ["CMD", "true"], Interval: 500_000_000 },
      HostConfig: { ...inner, PortBindings: { "80/tcp": [{ HostIp: "127.0.0.1", HostPort: "" }] } },
    });
    port = Number((await look(ids.web)).NetworkSettings.Ports["80/tcp"]?.[0]?.HostPort);
    await eventually(
      () => page().catch(() => ""),
      (text) => text === "page\n",
    );
    ids.steady = await run("steady", { ...shell(STEADY), HostConfig: inner });
    steadyPid = (await look(ids.steady)).State.Pid;
    ids.echo = await run("echo", { ...shell(ECHO), OpenStdin: true });
    for (const [name, policy] of [
      ["always", "always"],
      ["stopped", "unless-stopped"],
    ] as const) {
      const HostConfig = { RestartPolicy: { Name: policy } };
      ids[name] = await run(name, { Cmd: ["sleep", "600"], HostConfig });
      await call("POST", `/containers/${ids[name]}/stop?t=0`);
    }
    for (let round = 0; round < KILLS; round++) await oneKill(round);
  });

  it("loses no line of any log", async () => {
    for (const { brief } of rounds) {
      await call("POST", `/containers/${brief}/wait`);
      const { stdout, stderr } = await logs(brief);
      assert.deepEqual([linesOf(stdout), linesOf(stderr)], [numbers(1, 4000), numbers(1, 9)]);
    }
    assert.deepEqual(
      linesOf((await logs(ids.echo)).stdout),
      numbers(0, echoed).map((number) => `got ${number}`),
    );
    const { stdout } = await logs(ids.steady);
    const lines = linesOf(stdout);
    assert.ok(lines.length > KILLS);
    assert.deepEqual(
      lines,
      numbers(0, lines.length).map((number) => `${number} page`),
    );
    assert.equal((await look(ids.steady)).State.Pid, steadyPid);
  });

  it("knows every exit code", async () => {
    for (const { brief, code } of rounds) {
      const { State, RestartCount } = await look(brief);
      assert.deepEqual([State.Status, State.ExitCode, RestartCount], ["exited", code, 0]);
      assert.equal(await call("POST", `/containers/${brief}/wait`), `{"StatusCode":${code}}\n`);
    }
    const filters = encodeURIComponent(JSON.stringify({ name: ["own-"] }));
    assert.deepEqual(await get(`/containers/json?all=1&filters=${filters}`), []);
  });

  it("keeps to restart policies and health checks", async () => {
    for (const { failing } of rounds) {
      const { State, RestartCount } = await eventually(
        () => look(failing),
        (found) => found.State.Status === "exited" && found.RestartCount === 2,
      );
      assert.deepEqual([State.ExitCode, RestartCount], [3, 2]);
      assert.deepEqual(linesOf((await logs(failing)).stdout), ["1", "2", "3"]);
    }
    assert.equal((await look(ids.always)).State.Status, "running");
    assert.equal((await look(ids.stopped)).State.Status, "exited");
    assert.equal((await look(ids.web)).State.Health?.Status, "healthy");
  });

  it("leaves nothing behind of what it was doing", async () => {
    const all = await get<readonly Described[]>("/containers/json?all=1");
    for (const { Id } of all) await call("DELETE", `/containers/${Id}?force=1&v=1`);
    await call("DELETE", "/networks/inner");
    assert.deepEqual(await get("/volumes"), { Volumes: [], Warnings: null });
    assert.equal(await daemon.stop(), 0);
    assert.match(await slipway.ok(["system", "check"]), /: no problem$/);
    for (const folder of ["containers", "snapshots", "ingest", "locks"])
      assert.deepEqual(readdirSync(`${slipway.root}/${folder}`), [], folder);
    assert.deepEqual(readdirSync(`/sys/class/net/${bridgeName(slipway.root)}/brif`), []);
    assert.equal(existsSync(slipway.scratch.join("pid")), false);
    const mounts = readFileSync("/proc/self/mountinfo", "utf8").split("\n");
    assert.deepEqual(
      mounts.filter((line) => line.includes(slipway.root)),
      [],
    );
  });
});
