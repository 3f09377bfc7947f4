import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { BuildEvent } from "../../../builder/events.ts";
import { describeError, Failure, hintOf } from "../../../core/errors.ts";
import { unlessAborted } from "../../../core/unless-aborted.ts";
import { loadKernel } from "../../../native/binding.ts";
import { openStore } from "../../../store/open-store.ts";
import { requiresOverlay } from "../../support/requires.ts";
import { BuildFixture } from "../support/build-fixture.ts";

async function open(): Promise<BuildFixture> {
  const fixture = await BuildFixture.open();
  mkdirSync(fixture.scratch.join("context"));
  writeFileSync(fixture.scratch.join("context", "a"), "a");
  return fixture;
}

const scriptOf = ({ process }: { readonly process: { readonly args: readonly string[] } }): string =>
  process.args[2] ?? "";
const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => assert.fail("it did not fail"),
    (error: unknown) => error,
  );

describe("a build", () => {
  before(function () {
    requiresOverlay(this);
  });

  it("announces steps in the order of the file, then starts and finishes each", async () => {
    await using fixture = await open();
    const { events } = await fixture.build(["FROM scratch AS base", "COPY a /", "FROM base", "RUN x"]);
    const names = events.flatMap((event) => (event.type === "step" ? [event.name] : []));
    assert.deepEqual(names.slice(0, 1), ["[internal] load build definition from Dockerfile"]);
    assert.deepEqual(
      names.filter((name) => !name.includes("internal")),
      ["[base 1/1] COPY a /", "[stage-1 1/1] RUN x", "exporting to image"],
    );
    for (const { id } of events.filter((event) => event.type === "step")) {
      const own = events.filter((event) => "id" in event && event.id === id).map(({ type }) => type);
      assert.deepEqual(own, ["step", "started", "finished"]);
    }
    assert.equal(events.at(-1)?.type, "result");
  });

  it("builds only what the target needs", async () => {
    await using fixture = await open();
    const dockerfile = [
      "FROM scratch AS one",
      "RUN one",
      "FROM scratch AS unused",
      "RUN unused",
      "FROM scratch AS two",
      "COPY --from=one / /",
      "FROM two AS last",
      "RUN last",
    ];
    await fixture.build(dockerfile, { target: "two" });
    assert.deepEqual(fixture.requests.map(scriptOf), ["one"]);
  });

  it("performs independent stages at the same time", async () => {
    await using fixture = await open();
    let running = 0;
    let most = 0;
    fixture.command = async () => {
      most = Math.max(most, ++running);
      for (let i = 0; i < 200 && most < 2; i++) await sleep(5);
      running--;
      return 0;
    };
    await fixture.build(["FROM scratch AS a", "RUN a", "FROM scratch", "RUN b", "COPY --from=a / /a"]);
    assert.equal(most, 2);
  });

  it("performs equal steps once, within a build and across builds and processes", async () => {
    await using fixture = await open();
    fixture.command = async () => {
      await sleep(30);
      return 0;
    };
    const dockerfile = [
      "FROM scratch AS a",
      "RUN same",
      "FROM scratch AS b",
      "RUN same",
      "FROM scratch",
      "COPY --from=a / /",
      "COPY --from=b / /",
    ];
    const other = await openStore(fixture.scratch.join("root"), { kernel: loadKernel() });
    try {
      const results = await Promise.all([
        fixture.builder.build(fixture.request(dockerfile), () => {}),
        fixture.builder.build(fixture.request(dockerfile), () => {}),
        fixture.anotherBuilder(other).build(fixture.request(dockerfile), () => {}),
      ]);
      assert.equal(new Set(results.map(({ image }) => image)).size, 1);
      assert.equal(fixture.requests.length, 1);
    } finally {
      await other[Symbol.asyncDispose]();
    }
  });

  it("warns once in a build of what the host cannot do", async () => {
    await using fixture = await open();
    fixture.command = ({ warn }) => {
      warn("no swap limit");
      return 0;
    };
    for (const word of ["one", "two"]) {
      const { events } = await fixture.build(["FROM scratch", `RUN ${word}`, "RUN again"]);
      const warnings = events.filter(({ type }) => type === "warning");
      assert.deepEqual(warnings, [{ type: "warning", message: "no swap limit" }]);
    }
  });

  it("tells where a command failed, what it said last, and how to enter the state before it", async () => {
    await using fixture = await open();
    fixture.command = ({ output }) => {
      for (let i = 0; i < 30; i++) output(i % 2 === 0 ? "stdout" : "stderr", Buffer.from(`line ${i}\n`));
      return 3;
    };
    const dockerfile = ["FROM scratch", "ENV kept=1", "COPY a /a", "RUN make \\", "  all", "LABEL x=y"];
    const error = await failureOf(fixture.build(dockerfile));
    assert.ok(error instanceof Failure);
    assert.equal(error.code, "BUILD_STEP_FAILED");
    const expected = [
      'Dockerfile:4: "/bin/sh -c make   all" did not complete successfully: exit code: 3',
      " 2 |     ENV kept=1",
      " 3 |     COPY a /a",
      " 4 | >>> RUN make \\",
      " 5 | >>>   all",
      " 6 |     LABEL x=y",
      ...Array.from({ length: 20 }, (_, i) => `line ${i + 10}`),
    ];
    assert.deepEqual(error.message.split("\n"), expected);
    const [, id = ""] = /slipway run --rm -it ([0-9a-f]{12}) sh$/.exec(hintOf(error) ?? "") ?? [];
    const { config } = await fixture.store.images.config(fixture.store.images.get(id).id);
    assert.ok(config?.Env?.includes("kept=1"));
    assert.equal(config?.Labels, undefined);
    assert.deepEqual(fixture.store.images.get(id).tags, []);
  });

  it("says that a command was killed", async () => {
    await using fixture = await open();
    fixture.command = () => 137;
    const error = await failureOf(fixture.build(["FROM scratch", "RUN x"]));
    assert.match(describeError(error), /exit code: 137 \(killed/);
    assert.equal(hintOf(error), undefined);
  });

  it("cancels the rest at the first failure, and keeps what was done", async () => {
    await using fixture = await open();
    fixture.command = async (request) => {
      if (scriptOf(request) === "good") return 0;
      await sleep(50);
      return 1;
    };
    const dockerfile = [
      "FROM scratch AS a",
      "RUN good",
      "RUN bad",
      "RUN never",
      "FROM scratch",
      "COPY --from=a / /",
    ];
    await failureOf(fixture.build(dockerfile));
    assert.deepEqual(fixture.requests.map(scriptOf), ["good", "bad"]);
    assert.deepEqual(fixture.store.snapshots.list(), []);
    fixture.command = () => 0;
    const { cached } = await fixture.build(dockerfile);
    assert.deepEqual(cached, ["[a 1/3] RUN good"]);
  });

  it("stops when it is told to, and leaves nothing behind", async () => {
    await using fixture = await open();
    const stop = new AbortController();
    fixture.command = async () => {
      stop.abort();
      return 0;
    };
    const events: BuildEvent[] = [];
    const request = fixture.request(["FROM scratch", "RUN x", "RUN y"]);
    const building = fixture.builder.build(request, (event) => events.push(event), { signal: stop.signal });
    await assert.rejects(building, { code: "CANCELLED" });
    assert.equal(fixture.requests.length, 1);
    assert.deepEqual(fixture.store.snapshots.list(), []);
    assert.deepEqual(fixture.store.images.list(), []);
  });

  const missing: Readonly<
    Record<string, { readonly copy: string; readonly ignore?: string; readonly message: RegExp }>
  > = {
    "with its place": {
      copy: "COPY nowhere /",
      message: /^Dockerfile:2: COPY nowhere \/: no such file in the build context: nowhere$/,
    },
    "with the name that was meant": {
      copy: "COPY src/mian.c /",
      message: /\(did you mean src\/main\.c\?\)$/,
    },
    "with the name in other letters": { copy: "COPY SRC /", message: /\(did you mean src\?\)$/ },
    "with the line that excludes it": {
      copy: "COPY src/main.c /",
      ignore: "# no sources\n*.md\nsrc/*.c\n",
      message: /src\/main\.c \(excluded by line 3 of \.dockerignore: src\/\*\.c\)$/,
    },
    "in a stage": {
      copy: "COPY a /a\nFROM scratch AS one\nCOPY --from=0 /b /",
      message: /^Dockerfile:4: .*: no such file in stage stage-0: b \(did you mean a\?\)$/,
    },
  };
  for (const [title, { copy, ignore, message }] of Object.entries(missing)) {
    it(`names a missing source ${title}`, async () => {
      await using fixture = await open();
      const context = fixture.scratch.join("context");
      mkdirSync(join(context, "src"));
      writeFileSync(join(context, "src", "main.c"), "");
      if (ignore !== undefined) writeFileSync(join(context, ".dockerignore"), ignore);
      const error = await failureOf(fixture.build(["FROM scratch", ...copy.split("\n")]));
      assert.match(describeError(error), message);
    });
  }

  it("names a missing base image with its place", async () => {
    await using fixture = await open();
    const error = await failureOf(fixture.build(["ARG name=nowhere", "FROM scratch", "FROM $name:1"]));
    assert.match(
      describeError(error),
      /^Dockerfile:3: FROM \$name:1: No such image: docker\.io\/library\/nowhere:1$/,
    );
  });

  it("fails for a missing source before a long command ends", async () => {
    await using fixture = await open();
    fixture.command = async (_request, _upper, signal) => {
      await unlessAborted(new Promise(() => undefined), signal).catch(() => undefined);
      return 0;
    };
    const error = await failureOf(
      fixture.build(["FROM scratch", "RUN long", "RUN longer", "COPY nowhere /"]),
    );
    assert.match(describeError(error), /no such file in the build context: nowhere/);
    assert.ok(!fixture.requests.map(scriptOf).includes("longer"));
  });

  const refused: Readonly<Record<string, RegExp>> = {
    "RUN --device=vendor.com/class true": /RUN --device/,
  };
  for (const [instruction, message] of Object.entries(refused)) {
    it(`refuses ${instruction}`, async () => {
      await using fixture = await open();
      const error = await failureOf(fixture.build(["FROM scratch", instruction]));
      assert.ok(error instanceof Failure);
      assert.equal(error.code, "DOCKERFILE_UNSUPPORTED");
      assert.match(error.message, message);
    });
  }

  for (const [flag, name] of Object.entries({
    "--security=insecure": "security.insecure",
    "--network=host": "network.host",
  })) {
    it(`lets RUN ${flag} happen only when ${name} is allowed`, async () => {
      await using fixture = await open();
      const steps = ["FROM scratch", `RUN ${flag} true`];
      const error = await failureOf(fixture.build(steps));
      assert.match(describeError(error), new RegExp(`${name} is not allowed; .*Dockerfile:2`, "s"));
      await fixture.build(steps, { allow: ["security.insecure", "network.host"] });
      const [request] = fixture.requests;
      assert.deepEqual(
        [request?.insecure, request?.network],
        name === "network.host" ? [false, "host"] : [true, "default"],
      );
    });
  }

  it("shows where the Dockerfile is at fault", async () => {
    await using fixture = await open();
    const error = await failureOf(fixture.build(["FROM scratch", "COPY --form=x a b"]));
    assert.match(describeError(error), /unknown flag: --form \(did you mean from\?\)\nDockerfile:2\n/);
    assert.match(describeError(error), /\n {3}2 \| >>> COPY --form=x a b\n {5}\| {10}\^{8}\n/);
  });

  it("refuses to put a directory where a file is, and the other way round", async () => {
    await using fixture = await open();
    const context = fixture.scratch.join("context");
    mkdirSync(join(context, "d", "a"), { recursive: true });
    const dirOverFile = await failureOf(fixture.build(["FROM scratch", "COPY a /x/", "COPY d /x"]));
    assert.match(describeError(dirOverFile), /\/x\/a: cannot copy to non-directory$/);
    const fileOverDir = await failureOf(fixture.build(["FROM scratch", "COPY d /x", "COPY a /x/"]));
    assert.match(describeError(fileOverDir), /\/x\/a: cannot replace a directory with a file$/);
  });

  it("warns of a pattern that matches nothing", async () => {
    await using fixture = await open();
    const { events } = await fixture.build(["FROM scratch", "COPY *.c /x/"]);
    const warnings = events.flatMap((event) => (event.type === "warning" ? [event.message] : []));
    assert.deepEqual(warnings, ["COPY *.c /x/: nothing in the build context matches *.c"]);
  });

  it("refuses an unknown user before it runs anything", async () => {
    await using fixture = await open();
    const error = await failureOf(fixture.build(["FROM scratch", "USER nobody", "RUN x"]));
    assert.match(describeError(error), /unable to find user nobody: no matching entries in passwd file$/);
    assert.equal(fixture.requests.length, 0);
  });

  it("runs commands with the user's home and groups", async () => {
    await using fixture = await open();
    mkdirSync(fixture.scratch.join("context", "etc"));
    writeFileSync(fixture.scratch.join("context", "etc/passwd"), "web:x:33:34::/srv/web:/bin/sh\n");
    writeFileSync(fixture.scratch.join("context", "etc/group"), "extra:x:50:web\n");
    await fixture.build(["FROM scratch", "COPY etc /etc", "USER web", "RUN x", "ENV HOME=/own", "RUN y"]);
    const [first, second] = fixture.requests;
    assert.deepEqual(first?.process.user, { uid: 33, gid: 34, additionalGids: [34, 50] });
    assert.ok(first?.process.env.includes("HOME=/srv/web"));
    assert.deepEqual(
      second?.process.env.filter((pair) => pair.startsWith("HOME=")),
      ["HOME=/own"],
    );
  });
});

describe("the times of a build", () => {
  before(function () {
    requiresOverlay(this);
  });

  it("are SOURCE_DATE_EPOCH where it is set", async () => {
    const epoch = 1_500_000_000;
    const dockerfile = ["FROM scratch", "COPY a /x/a", "LABEL a=b", "RUN x"];
    const images: string[] = [];
    for (const more of [{ sourceDateEpoch: epoch }, { buildArgs: { SOURCE_DATE_EPOCH: String(epoch) } }]) {
      await using fixture = await open();
      fixture.command = (_, upper) => {
        writeFileSync(join(upper, "made"), "");
        return 0;
      };
      const { config, image, tree } = await fixture.build(dockerfile, more);
      const time = new Date(epoch * 1000).toISOString();
      assert.deepEqual(
        [config.created, ...(config.history ?? []).map(({ created }) => created)],
        Array(4).fill(time),
      );
      assert.match((await tree(epoch))["/x/a"] ?? "", / kept$/);
      assert.match((await tree(epoch))["/made"] ?? "", / kept$/);
      images.push(image);
    }
    assert.equal(images[0], images[1]);
  });

  it("are those of the last commit in a git work tree", async () => {
    await using fixture = await open();
    const context = fixture.scratch.join("context");
    const date = "2020-02-02T02:02:02Z";
    const env = { ...process.env, GIT_COMMITTER_DATE: date, GIT_AUTHOR_DATE: date };
    const git = (...args: string[]) =>
      execFileSync("git", ["-c", "user.name=x", "-c", "user.email=x@example.com", ...args], {
        cwd: context,
        env,
      });
    git("init", "-q");
    git("add", ".");
    git("commit", "-qm", "x");
    const told: string[] = [];
    fixture.command = ({ process: { env: given } }) => {
      told.push(...given.filter((pair) => pair.startsWith("SOURCE_DATE_EPOCH=")));
      return 0;
    };
    const { config, tree } = await fixture.build([
      "FROM scratch",
      "COPY a /",
      "RUN x",
      "ARG SOURCE_DATE_EPOCH=1",
      "RUN y",
    ]);
    assert.equal(config.created, "2020-02-02T02:02:02.000Z");
    assert.match((await tree(Date.parse(date) / 1000))["/a"] ?? "", / kept$/);
    assert.deepEqual(told, ["SOURCE_DATE_EPOCH=1580608922", "SOURCE_DATE_EPOCH=1"], "what commands are told");
  });

  it("are the present otherwise, but those of a cached step stay", async () => {
    await using fixture = await open();
    const first = await fixture.build(["FROM scratch", "COPY a /", "LABEL a=b"]);
    assert.match(first.config.created ?? "", /^2030-01-01/);
    fixture.now += 86_400_000;
    const second = await fixture.build(["FROM scratch", "COPY a /", "LABEL a=c", "RUN x"]);
    const times = (second.config.history ?? []).map(({ created }) => created?.slice(0, 10));
    assert.deepEqual(times, ["2030-01-01", "2030-01-02", "2030-01-02"]);
  });

  it("refuse a SOURCE_DATE_EPOCH that is no number", async () => {
    await using fixture = await open();
    const building = fixture.build(["FROM scratch", "COPY a /"], {
      buildArgs: { SOURCE_DATE_EPOCH: "today" },
    });
    await assert.rejects(building, { code: "OPTION_INVALID" });
  });
});
