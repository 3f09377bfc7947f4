import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { get } from "node:https";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "mocha";
import { connect } from "../../cli/connect.ts";
import { connectEngine } from "../../client/connect.ts";
import { serveDaemon } from "../../daemon/daemon.ts";
import type { Engine } from "../../engine/api.ts";
import { ask } from "../daemon/support/ask.ts";
import { DaemonProcess } from "../daemon/support/daemon-process.ts";
import { undescribedAnswers } from "../daemon/support/described.ts";
import { type Ran, Slipway } from "../e2e/support/slipway.ts";
import { eventually } from "../support/eventually.ts";
import { Scratch } from "../support/scratch.ts";

const PASSWORD = "correct horse";
const COLLECT = { graceMs: 0, untagged: false, dryRun: true } as const;
const BAD_RULES = '{"rules":[{"repositories":["**"],"keepLast":-1}]}';

/** Command lines after "slipway registry" that say the same wherever they are run; none changes anything. */
const ALIKE: readonly (readonly string[])[] = [
  ["user", "add", "-p", "long enough", "a:b"],
  ["user", "add", "-p", "long enough", ""],
  ["user", "add", "-p", "", "carl"],
  ["user", "add", "-p", "x".repeat(73), "carl"],
  ["user", "add", "-p", "long enough", "--pull", "UPPER", "carl"],
  ["user", "add", "-p", "long enough", "ci"],
  ["user", "rm", "nosuch", "../ann", ""],
  ["policy", "allow", "a b", "pull", "team/**"],
  ["policy", "allow", "ann", "pull", "***"],
  ["policy", "allow", "ann", "eat", "team/**"],
  ["policy", "rm", "nosuch"],
  ["policy", "rm", "ann", "other/**", "more/**"],
  ["token", "create", "ann"],
  ["token", "create", "ci"],
  ["token", "create", "--pull", "UPPER", "other"],
  ["token", "revoke", "nosuch", "ann", ""],
  ["gc", "--retention", "nosuch"],
  ["gc", "--retention", "bad.json"],
  ["gc", "--retention", "rules.json", "--grace", "0s", "--unused", "1h", "--delete-untagged", "--dry-run"],
  ["scrub"],
  ["user", "ls"],
  ["user", "ls", "-q"],
  ["policy", "ls"],
  ["token", "ls"],
  ["token", "ls", "--format", "json"],
];

/** What names something of the machine where it is said. */
const REFUSED: readonly (readonly [argv: readonly string[], error: string])[] = [
  [
    ["gc", "--data", "/srv/r"],
    "collecting the garbage of a directory (--data) cannot be done through a daemon\nhint: run it on the daemon's machine, without -H, DOCKER_HOST and a context",
  ],
  [
    ["scrub", "--data", "/srv/r"],
    "verifying the content of a directory (--data) cannot be done through a daemon\nhint: run it on the daemon's machine, without -H, DOCKER_HOST and a context",
  ],
];

/** Without the moment at which it was looked. */
const timeless = ({ out, ...rest }: Ran): Ran => ({ ...rest, out: out.replace(/ before \S+Z$/gm, "") });

describe("the registry of a daemon", () => {
  let slipway: Slipway;
  let daemon: DaemonProcess;
  let host = "";
  let image = "";
  const secrets = [PASSWORD];
  before(async function () {
    slipway = await Slipway.open(this);
    writeFileSync(slipway.scratch.join("bad.json"), BAD_RULES);
    const rules = [{ repositories: ["team/**"], keepLast: 0 }];
    writeFileSync(slipway.scratch.join("rules.json"), JSON.stringify({ rules }));
    const hosts = ["-H", `unix://${slipway.scratch.join("d.sock")}`];
    daemon = new DaemonProcess(slipway.root, [...hosts, "--registry", "127.0.0.1:0", "--log-level", "debug"]);
    [, host = ""] = await daemon.said(/registry listens on (\S+)/);
    await daemon.said(/API listen on/);
    image = `${host}/team/app:1`;
    await slipway.ok(["tag", "busybox:latest", image]);
  });
  after(async () => {
    await daemon?.stop();
    await slipway?.[Symbol.asyncDispose]();
    assert.deepEqual(undescribedAnswers(daemon?.log.split("\n") ?? []), []);
  });

  const run = (argv: readonly string[], stdin = ""): Promise<Ran> => {
    const env = { DOCKER_HOST: `unix://${slipway.scratch.join("d.sock")}`, HOME: slipway.scratch.path };
    return slipway.run(argv, { stdin, via: { connect, env } });
  };
  async function over(argv: readonly string[], stdin?: string): Promise<string> {
    const { code, out, err } = await run(argv, stdin);
    assert.equal(code, 0, `${argv.join(" ")}: ${err}`);
    return out;
  }
  /** Whether the registry lets somebody in there. */
  const pulls = async (user: string, password: string): Promise<number> => {
    const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
    return (await fetch(`http://${host}/v2/team/app/manifests/1`, { headers: { authorization } })).status;
  };
  const becomes = (status: number, user: string, password: string) =>
    eventually(
      () => pulls(user, password),
      (seen) => seen === status,
    );

  it("has its users, rules and tokens managed from afar", async () => {
    const add = ["registry", "user", "add", "--password-stdin"];
    assert.equal(await over([...add, "--push", "team/**", "ann"], "first"), "Added user ann\n");
    assert.equal(await over([...add, "ann"], PASSWORD), "Changed the password of user ann\n");
    await becomes(404, "ann", PASSWORD);
    await over(["login", "-u", "ann", "--password-stdin", host], PASSWORD);
    await over(["push", "-q", image]);
    const ben = await run([...add, "ben"], PASSWORD);
    assert.match(ben.err, /^ben may only do what everybody may: allow more with 'slipway registry policy/);
    await becomes(403, "ben", PASSWORD);
    assert.equal(
      await over(["registry", "policy", "allow", "ben", "pull", "team/*", "other/*"]),
      "ben may pull team/* other/*\n",
    );
    await becomes(200, "ben", PASSWORD);
    assert.equal(await over(["registry", "policy", "rm", "ben", "team/*"]), "ben\n");
    await becomes(403, "ben", PASSWORD);
    assert.equal(await over(["registry", "user", "rm", "ben"]), "ben\n");
    await becomes(401, "ben", PASSWORD);
  });

  it("makes tokens that let in until they are revoked", async () => {
    const make = ["registry", "token", "create", "--pull", "team/**", "--expires", "24h"];
    const [ci = "", other = ""] = [await over([...make, "ci"]), await over([...make, "other"])].map((out) =>
      out.trim(),
    );
    secrets.push(ci, other);
    await becomes(200, "other", other);
    assert.equal(await over(["registry", "token", "revoke", "other"]), "other\n");
    await becomes(401, "other", other);
    assert.equal(await pulls("ci", ci), 200);
    const far = [...make.slice(0, -1), "99999999h", "far"];
    assert.match((await run(far)).err, /invalid duration \(longer than 292 years\)/);
  });

  for (const argv of ALIKE)
    it(`says the same as on its machine: ${argv.join(" ").slice(0, 90)}`, async () => {
      const words = ["registry", ...argv];
      const [here, there] = [await slipway.run(words), await run(words)];
      assert.notEqual(here.out + here.err, "");
      assert.deepEqual(timeless(there), timeless(here));
    });

  for (const [path, body, message] of [
    ["tokens?name=far", { grants: [], expiresAt: "+011408-01-01T00:00:00Z" }, /invalid expiresAt: /],
    ["collect", { ...COLLECT, graceMs: 1e300 }, /invalid graceMs: /],
    ["collect", { ...COLLECT, unusedMs: -1e300 }, /invalid unusedMs: /],
  ] as const)
    it(`refuses times that are none: ${JSON.stringify(body)}`, async () => {
      const [socket, asked] = [slipway.scratch.join("d.sock"), { body: JSON.stringify(body) }];
      const { status, text } = await ask(socket, "POST", `/slipway/v1/registry/${path}`, asked);
      assert.equal(status, 400, text);
      assert.match(text, message);
    });

  for (const [argv, error] of REFUSED)
    it(`refuses from afar: ${argv.join(" ")}`, async () => {
      assert.deepEqual(await run(["registry", ...argv]), { code: 1, out: "", err: `Error: ${error}\n` });
    });

  it("tells of content that is damaged, with the same words and exit code", async () => {
    const { Id: id } = JSON.parse((await over(["image", "inspect", "-f", "{{json .}}", image])).trim()) as {
      readonly Id: string;
    };
    const blob = join(slipway.root, "blobs", id.replace(":", "/"));
    const content = readFileSync(blob);
    writeFileSync(blob, Buffer.from(content).fill(32, 0, 1));
    const [here, there] = [await slipway.run(["registry", "scrub"]), await run(["registry", "scrub"])];
    writeFileSync(blob, content);
    assert.deepEqual([there, here.code], [here, 1]);
    assert.match(there.out, new RegExp(`^team/app: blob ${id}: its bytes have the digest sha256:`));
  });

  it("takes what the rules of retention of this side let go", async () => {
    const gc = ["registry", "gc", "--grace", "0s", "--retention", "rules.json"];
    assert.match(await over([...gc, "--dry-run"]), /^would remove tag team\/app:1 of sha256:/);
    assert.equal((await fetch(`http://${host}/v2/`)).status, 401);
    assert.match(await over(gc), /^removed tag team\/app:1 of .*\nremoved manifest .*\n(?:.*\n)*Freed /);
    await becomes(404, "ann", PASSWORD);
  });

  /** Another daemon of the same state root, so that its registry has the users. */
  const serving = async (...argv: readonly string[]): Promise<readonly [DaemonProcess, string]> => {
    const hosts = ["-H", `unix://${slipway.scratch.join("other.sock")}`];
    const other = new DaemonProcess(slipway.root, [...hosts, ...argv]);
    const [, port = ""] = await other.said(/registry listens on \S+:(\d+)\n/);
    await other.said(/API listen on/);
    return [other, port];
  };
  const statusAt = async (address: string): Promise<number> => (await fetch(`http://${address}/v2/`)).status;

  it("starts without TLS once it has users, says what it lacks, and takes passwords of this machine alone", async () => {
    const [other, port] = await serving("--registry", ":0");
    assert.equal(await statusAt(`127.0.0.1:${port}`), 401);
    for (const address of ownAddresses()) assert.equal(await statusAt(`${address}:${port}`), 403);
    assert.equal(await other.stop(), 0);
    assert.match(
      other.log,
      /serve other machines as asked: .* :0 is not TLS \(add --registry-tls, or --registry-tls-cert and /,
    );
  });

  it("is served with TLS, and to whom flags of the daemon say", async () => {
    const [other, port] = await serving(
      "--registry",
      ":0",
      "--registry-tls",
      "--registry-tls-name",
      "registry.example",
      "--registry-anonymous-pull",
      "public/**",
    );
    const [, authority = ""] = await other.said(/trust it once they have (\S+) as /);
    const asked = (name: string): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        const options = {
          host: "127.0.0.1",
          port,
          servername: "registry.example",
          ca: readFileSync(authority),
        };
        get({ ...options, path: `/v2/${name}/manifests/1` }, (answer) =>
          resolve(answer.resume().statusCode),
        ).on("error", reject);
      });
    const statuses = [await asked("public/app"), await asked("team/app")];
    assert.equal(await other.stop(), 0);
    assert.deepEqual(statuses, [404, 401]);
    assert.doesNotMatch(other.log, /as asked/);
  });

  it("is not served by flags that close it themselves", async () => {
    const hosts = ["-H", `unix://${slipway.scratch.join("other.sock")}`];
    const flags = ["--registry", ":0", "--registry-anonymous-pull", "public/**"];
    const other = new DaemonProcess(slipway.root, [...hosts, ...flags]);
    assert.equal(await other.ended(), 1);
    assert.match(other.log, /unencrypted: :0 is not TLS\nhint: add --registry-tls, or /);
  });

  it("leaves a line for every change, without a password or token", () => {
    for (const said of [
      "POST /v1.51/slipway/v1/registry/users?name=ann: 200",
      "DELETE /v1.51/slipway/v1/registry/users?name=ben: 204",
      "POST /v1.51/slipway/v1/registry/rules?user=ben: 204",
      "POST /v1.51/slipway/v1/registry/tokens?name=ci: 201",
      "POST /v1.51/slipway/v1/registry/scrub: 200",
    ])
      assert.ok(daemon.log.includes(`audit: ${said} from `), said);
    for (const secret of [...secrets, "long enough"]) assert.ok(!daemon.log.includes(secret));
  });
});

describe("caring for a daemon's registry", () => {
  for (const [title, care] of [
    ["a collection", ({ registry }, signal) => registry.collect({ ...COLLECT, signal })],
    ["a verification", ({ registry }, signal) => registry.scrub({ signal })],
  ] satisfies readonly (readonly [string, (engine: Engine, signal: AbortSignal) => Promise<unknown>])[])
    it(`ends ${title} when its client goes`, async () => {
      using scratch = new Scratch();
      const socket = scratch.join("d.sock");
      const [stop, gone] = [new AbortController(), new AbortController()];
      const lines: string[] = [];
      let began = false;
      /** Goes on until it is told to end. */
      const work = async ({ signal }: { readonly signal?: AbortSignal } = {}) => {
        began = true;
        await eventually(() => signal?.aborted === true);
        return signal?.throwIfAborted();
      };
      const engine = { registry: { collect: work, scrub: work }, containers: { revive: async () => {} } };
      const served = serveDaemon(
        engine as unknown as Engine,
        {
          hosts: [`unix://${socket}`],
          listen: { group: { name: "docker", required: false }, insecureTcp: false, env: {} },
          live: () => ({ level: "info", labels: [], shutdownMs: 0 }),
          findPeer: () => undefined,
          report: (line) => lines.push(line),
        },
        stop.signal,
      );
      await using _daemon = {
        [Symbol.asyncDispose]: () => {
          stop.abort();
          return served;
        },
      };
      await eventually(() => lines.length > 0);
      const buildTools = () => Promise.reject(new Error("nothing is built"));
      await using remote = await connectEngine({ host: `unix://${socket}`, credentials: NOBODY, buildTools });
      const asked = assert.rejects(care(remote, gone.signal), { code: "CANCELLED" });
      await eventually(() => began);
      gone.abort();
      await asked;
      assert.match(await eventually(() => lines.slice(1).join("\n")), /^audit: POST \S+: 499 /);
    });
});

const NOBODY = { path: "", get: async () => undefined, put: async () => false, remove: async () => false };

/** Addresses by which other machines reach this one. */
const ownAddresses = (): readonly string[] =>
  Object.values(networkInterfaces()).flatMap((addresses = []) =>
    addresses
      .filter(({ family, internal }) => family === "IPv4" && !internal)
      .map(({ address }) => address)
      .slice(0, 1),
  );
