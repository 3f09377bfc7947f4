import assert from "node:assert/strict";
import { execFile, execFileSync, type SpawnOptions, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { request } from "node:http";
import { type RequestOptions, request as secureRequest } from "node:https";
import { type AddressInfo, connect, createServer } from "node:net";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { after, afterEach, before, describe, it } from "mocha";
import { rootSocket } from "../../core/root-socket.ts";
import { builtCommand, commandEnv } from "../e2e/support/command.ts";
import { Slipway } from "../e2e/support/slipway.ts";
import { eventually } from "../support/eventually.ts";
import { requiresCommand, skip } from "../support/requires.ts";
import { Scratch } from "../support/scratch.ts";
import { DaemonProcess } from "./support/daemon-process.ts";

const AS_NOBODY = ["--reuid", "65534", "--regid", "65534", "--clear-groups"];

describe("the daemon's listeners", () => {
  const scratch = new Scratch();
  let daemon: DaemonProcess | undefined;
  let slipway: Slipway;
  before(async function () {
    slipway = await Slipway.open(this);
  });
  afterEach(async () => {
    await daemon?.stop();
    daemon = undefined;
  });
  after(async () => {
    scratch[Symbol.dispose]();
    await slipway?.[Symbol.asyncDispose]();
  });

  const start = (argv: readonly string[], options?: SpawnOptions): DaemonProcess => {
    daemon = new DaemonProcess(scratch.join("root"), argv, options);
    return daemon;
  };
  const ping = (options: RequestOptions, secure = false): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const send = secure ? secureRequest : request;
      const sent = send({ path: "/_ping", agent: false, ...options }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      sent.once("error", reject);
      sent.end();
    });

  it("serves several at once, by a file of settings that SIGHUP reads again", async () => {
    const [socket, file, pid] = [scratch.join("a.sock"), scratch.join("daemon.json"), scratch.join("pid")];
    const settings = {
      hosts: [`unix://${socket}`, "tcp://127.0.0.1:0"],
      group: "0",
      labels: ["a=1"],
      pidfile: pid,
    };
    writeFileSync(file, JSON.stringify(settings));
    const running = start(["--config-file", file]);
    const [, port] = await running.said(/API listen on tcp:\/\/127\.0\.0\.1:(\d+)/);
    assert.deepEqual([await ping({ socketPath: socket }), await ping({ port: Number(port) })], [200, 200]);
    assert.equal(statSync(socket).mode & 0o777, 0o660);
    assert.match(readFileSync(pid, "utf8"), /^\d+$/);
    writeFileSync(file, JSON.stringify({ ...settings, debug: true }));
    running.signal("SIGHUP");
    await running.said(/configuration was read again/);
    await ping({ socketPath: socket });
    await running.said(/GET \/_ping: 200 from a local socket of user \d+ \(process \d+\)/);
    await ping({ socketPath: socket, method: "POST", path: "/containers/prune" });
    const [, uid, pid_] = await running.said(
      /audit: POST \/containers\/prune: 200 from a local socket of user (\d+) \(process (\d+)\)$/m,
    );
    assert.deepEqual([Number(uid), Number(pid_)], [process.getuid?.(), process.pid]);
    writeFileSync(file, "{");
    running.signal("SIGHUP");
    await running.said(/configuration stays as it was: .*invalid JSON/);
    assert.equal(await running.stop(), 0);
    assert.equal(existsSync(pid), false);
  });

  it("serves clients with a certificate over TLS, and no others", async function () {
    requiresCommand(this, "openssl");
    makeCertificates(scratch);
    const at = (name: string) => readFileSync(scratch.join(name));
    const files = [
      "--tlscacert",
      scratch.join("ca.pem"),
      "--tlscert",
      scratch.join("cert.pem"),
      "--tlskey",
      scratch.join("key.pem"),
    ];
    const running = start(["-H", "tcp://127.0.0.1:0", "--tlsverify", ...files]);
    const [, port] = await running.said(/API listen on tcp:\/\/127\.0\.0\.1:(\d+)/);
    const options = { port: Number(port), ca: at("ca.pem"), servername: "localhost" };
    const client = { ...options, cert: at("cert.pem"), key: at("key.pem") };
    assert.equal(await ping(client, true), 200);
    assert.equal(await ping({ ...client, method: "POST", path: "/containers/prune" }, true), 200);
    await running.said(/audit: POST \/containers\/prune: 200 from [0-9a-f.:]+ as "localhost"$/m);
    await assert.rejects(ping(options, true));
    await assert.rejects(ping({ port: Number(port) }));
    // BuildKit's protocols take connections over, which over TLS is another matter.
    const context = scratch.join("context");
    mkdirSync(context);
    writeFileSync(join(context, "Dockerfile"), "FROM scratch\nCOPY Dockerfile /\n");
    const env = { ...commandEnv(), DOCKER_HOST: `tcp://localhost:${port}`, DOCKER_TLS_VERIFY: "1" };
    const build = [builtCommand(), "build", "--progress", "plain", context];
    const { stdout } = await promisify(execFile)("sh", ["-c", '"$0" "$@" 2>&1', ...build], {
      env: { ...env, DOCKER_CERT_PATH: scratch.path },
      timeout: 60_000,
    });
    assert.match(stdout, /COPY Dockerfile \/[\s\S]*sha256:[0-9a-f]{64}/);
  });

  it("takes a socket that systemd opened", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const { fd } = (server as unknown as { readonly _handle: { readonly fd: number } })._handle;
    // LISTEN_PID must be the daemon's own number, which a shell knows before it becomes the daemon.
    const command = `LISTEN_PID=$$ LISTEN_FDS=1 exec ${builtCommand()} daemon --data-root ${scratch.join("root")} -H fd://`;
    const child = spawn("sh", ["-c", command], { stdio: ["ignore", "ignore", "inherit", fd] });
    server.close();
    assert.equal(await ping({ port }), 200);
    child.kill("SIGTERM");
    await once(child, "exit");
  });

  it("leaves the socket of a successor that took its place alone", async () => {
    const path = scratch.join("taken.sock");
    const running = start(["-H", `unix://${path}`]);
    await running.said(/API listen on/);
    renameSync(path, scratch.join("former.sock"));
    const successor = createServer((socket) => socket.end("mine")).listen(path);
    await once(successor, "listening");
    assert.equal(await running.stop(), 0);
    const [answer] = (await once(connect(path), "data")) as [Buffer];
    assert.equal(answer.toString(), "mine");
    successor.close();
    const again = start(["-H", `unix://${path}`]);
    await again.said(/API listen on/);
    assert.equal(await again.stop(), 0);
    assert.equal(existsSync(path), false);
  });

  it("is found by a user to whom its state root is closed, as long as it lives", async function () {
    const others = spawnSync("setpriv", [...AS_NOBODY, "test", "-r", builtCommand()], { stdio: "ignore" });
    if (others.status !== 0) skip(this, "needs a checkout that others may read");
    const path = scratch.join("found.sock");
    const ofKilled = rootSocket(scratch.join("killed"));
    mkdirSync(dirname(ofKilled), { recursive: true });
    symlinkSync(scratch.join("gone.sock"), ofKilled);
    const running = start(["-H", `unix://${path}`, "--group", "65534"]);
    await running.said(/API listen on/);
    await eventually(() => !readdirSync(dirname(ofKilled)).includes(basename(ofKilled)));
    const ask = (env: object, ...argv: readonly string[]): Promise<{ readonly stdout: string }> => {
      const whole = { ...commandEnv(), HOME: "/nonexistent", ...env };
      const text = ["setpriv", ...AS_NOBODY, builtCommand(), ...argv];
      return promisify(execFile)(text[0] ?? "", text.slice(1), { env: whole });
    };
    chmodSync(scratch.path, 0o755);
    const root = scratch.join("root");
    chmodSync(root, 0o700);
    const info = ["info", "--format", "{{.DockerRootDir}}"];
    assert.equal((await ask({}, "--root", root, ...info)).stdout.trim(), root);
    assert.equal((await ask({ SLIPWAY_ROOT: root }, ...info)).stdout.trim(), root);
    await running.kill();
    // The socket is still there, and nobody behind it: what is asked for is the root itself, which is closed.
    await assert.rejects(ask({ SLIPWAY_ROOT: root }, ...info), /EACCES|permission denied/i);
  });

  const refused: readonly {
    readonly title: string;
    readonly argv: readonly string[];
    readonly file?: string;
    readonly says: RegExp;
  }[] = [
    {
      title: "to be open to everybody",
      argv: ["-H", "tcp://0.0.0.0:0"],
      says: /could become root of this machine/,
    },
    { title: "an address of no kind it knows", argv: ["-H", "ssh://x"], says: /expected unix:/ },
    {
      title: "a key it does not know",
      argv: [],
      file: '{"nosuch":1}',
      says: /don't match any configuration option: nosuch/,
    },
    { title: "a value of a wrong type", argv: [], file: '{"debug":"yes"}', says: /debug: / },
    {
      title: "a flag that the file has too",
      argv: ["--label", "a=1"],
      file: '{"labels":["b=2"]}',
      says: /specified both as a flag and in the configuration file: labels: \(from flag: \[a=1\], from file: \[b=2\]\)/,
    },
    { title: "a label without a value", argv: ["--label", "a"], says: /expected key=value/ },
    {
      title: "a certificate that is not there",
      argv: ["-H", "tcp://127.0.0.1:0", "--tls", "--tlscert", "/nosuch"],
      says: /\/nosuch: cannot be read/,
    },
    {
      title: "sockets of systemd that there are not",
      argv: ["-H", "fd://"],
      says: /a socket that systemd opened/,
    },
  ];
  for (const { title, argv, file, says } of refused)
    it(`refuses ${title}`, async () => {
      const path = slipway.scratch.join("refused.json");
      if (file !== undefined) writeFileSync(path, file);
      const ran = await slipway.run([
        "daemon",
        ...argv,
        ...(file === undefined ? [] : ["--config-file", path]),
      ]);
      assert.equal(ran.code, 1);
      assert.match(ran.err, says);
    });
});

function makeCertificates(scratch: Scratch): void {
  const run = (...argv: readonly string[]) =>
    execFileSync("openssl", argv, { cwd: scratch.path, stdio: "ignore" });
  const ec = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  run("req", "-x509", ...ec, "-subj", "/CN=ca", "-days", "2", "-keyout", "ca-key.pem", "-out", "ca.pem");
  run(
    "req",
    ...ec,
    "-subj",
    "/CN=localhost",
    "-addext",
    "subjectAltName=DNS:localhost",
    "-keyout",
    "key.pem",
    "-out",
    "request.pem",
  );
  run(
    "x509",
    "-req",
    "-in",
    "request.pem",
    "-CA",
    "ca.pem",
    "-CAkey",
    "ca-key.pem",
    "-CAcreateserial",
    "-days",
    "2",
    "-copy_extensions",
    "copy",
    "-out",
    "cert.pem",
  );
}
