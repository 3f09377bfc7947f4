import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Failure } from "../../core/errors.ts";
import { type Answers, runCli } from "./support/run-cli.ts";

const ID = "6b3a0178cb3c4eaa9f82a1dd8a22bc0f32d6866b71a507d4994e3bf19d536743";
const created = { "containers.create": { id: ID, warnings: [] } };

/** A container that prints what it was given on its standard input, upper case, and ends with 3 when that ends. */
function echo(order: string[]): Answers {
  let closed: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    closed = resolve;
  });
  const given: Buffer[] = [];
  const attachment = {
    output: (async function* () {
      yield { stream: "stderr", data: Buffer.from("ready\n") };
      await ended;
      yield { stream: "stdout", data: Buffer.from(Buffer.concat(given).toString().toUpperCase()) };
    })(),
    write: async (data: Uint8Array) => void given.push(Buffer.from(data)),
    closeInput: async () => closed(),
    resize: async () => undefined,
    [Symbol.asyncDispose]: async () => void order.push("detached"),
  };
  return {
    ...created,
    "containers.attach": async () => {
      order.push("attach");
      return attachment;
    },
    "containers.start": async () => {
      order.push("start");
      return [];
    },
    "containers.wait": async (_id: string, condition: string) => {
      order.push(`wait ${condition}`);
      await ended;
      return { exitCode: 3 };
    },
  };
}

describe("run", () => {
  it("attaches and waits before it starts, passes input on, and ends as the process did", async () => {
    const order: string[] = [];
    const ran = await runCli(["run", "-i", "img", "cat"], { answers: echo(order), stdin: "hello\n" });
    assert.deepEqual([ran.code, ran.out, ran.err], [3, "HELLO\n", "ready\n"]);
    assert.deepEqual(order, ["attach", "wait next-exit", "start", "detached"]);
  });
  it("waits for the removal with --rm", async () => {
    const order: string[] = [];
    await runCli(["run", "--rm", "-i", "img"], { answers: echo(order) });
    assert.ok(order.includes("wait removed"));
  });
  it("prints only what -a names", async () => {
    const ran = await runCli(["run", "-i", "-a", "stdin", "-a", "stdout", "img"], {
      answers: echo([]),
      stdin: "x",
    });
    assert.deepEqual([ran.out, ran.err], ["X", ""]);
  });
  it("prints the id and returns with -d", async () => {
    const ran = await runCli(["run", "-d", "img"], {
      answers: { ...created, "containers.start": ["rlimits stay"] },
    });
    assert.deepEqual([ran.code, ran.out, ran.err], [0, `${ID}\n`, "WARNING: rlimits stay\n"]);
  });

  it("passes signals on", async () => {
    const signals = new EventEmitter();
    const killed: string[] = [];
    let end: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    const answers: Answers = {
      ...created,
      "containers.attach": {
        output: (async function* () {
          await ended;
          yield { stream: "stdout", data: Buffer.from("bye\n") };
        })(),
        [Symbol.asyncDispose]: async () => undefined,
      },
      "containers.start": async () => {
        setImmediate(() => signals.emit("SIGTERM", "SIGTERM"));
        return [];
      },
      "containers.kill": async (_id: string, signal: string) => {
        killed.push(signal);
        end();
      },
      "containers.wait": async () => {
        await ended;
        return { exitCode: 143 };
      },
    };
    const { code } = await runCli(["run", "img"], { answers, signals });
    assert.deepEqual([code, killed, signals.listenerCount("SIGTERM")], [143, ["SIGTERM"], 0]);
  });

  const starts: readonly [code: ConstructorParameters<typeof Failure>, exit: number][] = [
    [["EXEC_NOT_FOUND", { command: "nope" } as never], 127],
    [["EXEC_DENIED", { command: "/etc" } as never], 126],
    [["CONTAINER_CONFIG_INVALID", { why: "no command specified" }], 125],
  ];
  for (const [failure, exit] of starts) {
    it(`ends with ${exit} when the start fails with ${failure[0]}`, async () => {
      const answers = {
        ...echo([]),
        "containers.wait": () => Promise.reject(new Failure("CONTAINER_UNKNOWN", { container: ID })),
        "containers.start": () => Promise.reject(new Failure(...failure)),
      };
      assert.equal((await runCli(["run", "img"], { answers })).code, exit);
    });
  }

  it("words a missing image as docker does", async () => {
    const why = "pull access denied for nope";
    const answers = {
      "containers.create": () => Promise.reject(new Failure("IMAGE_UNKNOWN", { reference: "nope:latest" })),
      "images.pull": () => Promise.reject(new Failure("REGISTRY_DENIED", { why })),
    };
    const ran = await runCli(["run", "nope"], { answers });
    assert.equal(ran.code, 125);
    assert.equal(ran.err, `Unable to find image 'nope:latest' locally\nError: ${why}\n`);
    const never = await runCli(["run", "--pull", "never", "nope"], { answers });
    assert.deepEqual([never.code, never.err], [125, "Error: No such image: nope:latest\n"]);
  });

  it("pulls a missing image and goes on, its progress on standard error", async () => {
    let present = false;
    const answers = {
      "containers.create": () =>
        present
          ? Promise.resolve({ id: ID, warnings: [] })
          : Promise.reject(new Failure("IMAGE_UNKNOWN", { reference: "img:latest" })),
      "images.pull": (_name: string, report: (event: object) => void) => {
        present = true;
        report({ id: "latest", status: "Pulling from library/img" });
        report({ id: "0123456789ab", status: "Downloading", current: 1, total: 2 });
        report({ id: "0123456789ab", status: "Pull complete" });
        return Promise.resolve([]);
      },
    };
    const ran = await runCli(["create", "img"], { answers });
    assert.deepEqual([ran.code, ran.out], [0, `${ID}\n`]);
    assert.equal(
      ran.err,
      "Unable to find image 'img:latest' locally\nlatest: Pulling from library/img\n0123456789ab: Pull complete\n",
    );
  });

  it("writes the id into --cidfile, which must be new", async () => {
    const folder = mkdtempSync(join(tmpdir(), "slipway-cid-"));
    const file = join(folder, "cid");
    const answers = { ...created, "containers.start": ["rlimits stay"] };
    try {
      assert.equal((await runCli(["run", "-d", "--cidfile", file, "img"], { answers })).code, 0);
      assert.equal(readFileSync(file, "utf8"), ID);
      const again = await runCli(["run", "-d", "--cidfile", file, "img"], { answers });
      assert.equal(again.code, 125);
      assert.deepEqual(again.calls, [], "nothing is created");
    } finally {
      rmSync(folder, { recursive: true });
    }
    assert.ok(!existsSync(file));
  });

  it("translates its flags to the request", async () => {
    const argv = [
      "create --name web -e A=1 -l x=y -p 8080:80 -v data:/d:ro --tmpfs /t -m 64m --cpus 1.5 --pids-limit 10",
      "--entrypoint /init -w /srv -u www --hostname h --cap-add NET_ADMIN --privileged --read-only --network none",
      "--restart on-failure:3 --ulimit nofile=1:2 --sysctl a.b=1 --stop-signal QUIT --stop-timeout 5 img sh -c x",
    ].join(" ");
    const { calls, code, err } = await runCli(argv.split(" "), { answers: created });
    assert.deepEqual([code, err], [0, ""]);
    const [[, request]] = calls as unknown as [
      [string, { config: object; hostConfig: object; name: string }],
    ];
    assert.equal(request.name, "web");
    assert.deepEqual(request.config, {
      Image: "img",
      AttachStdin: false,
      AttachStdout: true,
      AttachStderr: true,
      Tty: false,
      OpenStdin: false,
      StdinOnce: false,
      Env: ["A=1"],
      Labels: { x: "y" },
      ExposedPorts: { "80/tcp": {} },
      Volumes: {},
      Cmd: ["sh", "-c", "x"],
      Entrypoint: ["/init"],
      Hostname: "h",
      User: "www",
      WorkingDir: "/srv",
      StopSignal: "QUIT",
      StopTimeout: 5,
    });
    assert.deepEqual(request.hostConfig, {
      Binds: ["data:/d:ro"],
      Tmpfs: { "/t": "" },
      PortBindings: { "80/tcp": [{ HostIp: "", HostPort: "8080" }] },
      PublishAllPorts: false,
      NetworkMode: "none",
      AutoRemove: false,
      Privileged: true,
      ReadonlyRootfs: true,
      CapAdd: ["NET_ADMIN"],
      CapDrop: [],
      Dns: [],
      DnsSearch: [],
      DnsOptions: [],
      ExtraHosts: [],
      Links: [],
      SecurityOpt: [],
      Sysctls: { "a.b": "1" },
      Init: false,
      LogConfig: { Type: "json-file", Config: {} },
      RestartPolicy: { Name: "on-failure", MaximumRetryCount: 3 },
      Ulimits: [{ Name: "nofile", Soft: 1, Hard: 2 }],
      Memory: 64 * 1024 ** 2,
      NanoCpus: 1_500_000_000,
      PidsLimit: 10,
    });
  });
});
