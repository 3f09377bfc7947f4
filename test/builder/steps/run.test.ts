import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import type { Context } from "mocha";
import { describeError } from "../../../core/errors.ts";
import { requiresBaseImage, requiresOverlay } from "../../support/requires.ts";
import { BuildFixture, type Built } from "../support/build-fixture.ts";

const FROM = "FROM busybox:latest";
let fixture: BuildFixture;

async function open(test: Context): Promise<void> {
  requiresOverlay(test);
  const busybox = requiresBaseImage(test, "busybox:latest");
  fixture = await BuildFixture.open();
  mkdirSync(fixture.scratch.join("context"));
  writeFileSync(fixture.scratch.join("context", "a"), "a\n");
  await fixture.useContainers(busybox);
}

/** What the layers on top of the base have. */
async function changesOf(built: Built): Promise<Readonly<Record<string, string>>> {
  const { tree } = built;
  const base = await (await fixture.build([FROM, "LABEL x=y"])).tree();
  const own = Object.entries(await tree()).filter(([path, line]) => base[path] !== line);
  return Object.fromEntries(own);
}

const outputOf = ({ events }: Built): string =>
  events.flatMap((event) => (event.type === "output" ? [Buffer.from(event.data).toString()] : [])).join("");

describe("RUN in a container", () => {
  before(async function () {
    await open(this);
  });
  after(async () => fixture?.[Symbol.asyncDispose]());

  it("keeps what the command changed, and nothing of what it needed", async () => {
    const built = await fixture.build([
      FROM,
      "RUN mkdir -p /made/deep && echo hello > /made/deep/file && chmod 640 /made/deep/file && ln -s file /made/deep/link",
      "RUN rm /made/deep/link && chown 5:6 /made",
    ]);
    assert.deepEqual(await changesOf(built), {
      "/made": "directory 755 5:6",
      "/made/deep": "directory 755 0:0",
      "/made/deep/file": 'file 640 0:0 "hello\\n"',
    });
  });

  it("leaves out a file that a later command removes", async () => {
    const built = await fixture.build([
      FROM,
      "RUN mkdir /gone && echo 1 > /gone/x",
      "RUN rm -r /gone /bin/sh",
    ]);
    const tree = await built.tree();
    assert.deepEqual(
      Object.keys(tree).filter((path) => path.startsWith("/gone") || path === "/bin/sh"),
      [],
    );
  });

  it("has the variables, directory, user, host name and standard files of a build", async () => {
    const built = await fixture.build(
      [
        FROM,
        "ARG given=default",
        "ENV own=1",
        "WORKDIR /work",
        "USER 7:8",
        "RUN pwd; id -u; id -g; echo $given $own $HOME; hostname; grep friend /etc/hosts; test -c /dev/null; test -d /proc/self",
      ],
      { buildArgs: { given: "argument" }, extraHosts: ["friend:10.1.2.3"] },
    );
    assert.deepEqual(outputOf(built).split("\n"), [
      "/work",
      "7",
      "8",
      "argument 1 /",
      "buildkitsandbox",
      "10.1.2.3\tfriend",
      "",
    ]);
  });

  it("finds users as the steps before it left them, wherever their file is", async () => {
    const built = await fixture.build([
      FROM,
      "RUN touch /unrelated",
      "RUN echo eve:x:11:12::/home/eve:/bin/sh >> /etc/passwd",
      "USER eve",
      "RUN echo $(id -u) $HOME",
      "USER root",
      "RUN cp /etc/passwd /users && ln -sf ../users /etc/passwd",
      "RUN echo zed:x:13:14::/home/zed:/bin/sh >> /users",
      "USER zed",
      "RUN echo $(id -u) $HOME",
    ]);
    assert.deepEqual(outputOf(built).split("\n"), ["11 /home/eve", "13 /home/zed", ""]);
  });

  it("runs exec and shell forms, other shells, and here-documents", async () => {
    const built = await fixture.build([
      FROM,
      'RUN ["echo", "$HOME", "a  b"]',
      "RUN echo $((1 + 1)) 'c  d'",
      'SHELL ["/bin/sh", "-e", "-c"]',
      "RUN echo $-",
      "RUN <<EOF",
      "echo one",
      "echo two",
      "EOF",
      "RUN <<EOF",
      "#!/bin/cat",
      "a script",
      "EOF",
      "RUN cat <<A - <<B",
      "from a",
      "A",
      "from b",
      "B",
    ]);
    const output = outputOf(built).split("\n");
    assert.deepEqual(output.slice(0, 2), ["$HOME a  b", "2 c  d"]);
    assert.match(output[2] ?? "", /e/);
    assert.deepEqual(output.slice(3, 7), ["one", "two", "#!/bin/cat", "a script"]);
    assert.deepEqual(Object.keys(await changesOf(built)), []);
  });

  it("is reached by a network when it may be, and not otherwise", async () => {
    const built = await fixture.build([
      FROM,
      "RUN ls /sys/class/net | tr '\\n' ' '",
      "RUN --network=none ls /sys/class/net | tr '\\n' ' '",
    ]);
    assert.match(outputOf(built), /eth0 lo lo /);
  });

  it("has every capability when it is insecure, and the usual ones otherwise", async () => {
    const built = await fixture.build(
      [
        FROM,
        "RUN grep CapEff /proc/self/status",
        "RUN --security=insecure grep -e CapEff -e Seccomp: /proc/self/status; test -w /sys",
      ],
      { allow: ["security.insecure"] },
    );
    const [usual = "", all = "", seccomp] = outputOf(built)
      .split("\n")
      .map((line) => line.split("\t")[1] ?? "");
    const mine = /CapBnd:\t(\w+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
    assert.equal(all, mine);
    assert.notEqual(usual, all);
    assert.equal(seccomp, "0");
  });

  it("leaves nothing of its mounts in an image that has no directories for them", async () => {
    const built = await fixture.build([
      `${FROM} AS tools`,
      "FROM scratch",
      "COPY --from=tools /bin/busybox /bin/",
      'RUN ["/bin/busybox", "touch", "/made"]',
    ]);
    assert.deepEqual(Object.keys(await built.tree()), ["/bin", "/bin/busybox", "/made"]);
  });

  it("fails with the command's status and last words", async () => {
    const building = fixture.build([FROM, "RUN echo going; echo gone >&2; exit 42"]);
    const error = await building.then(
      () => assert.fail("it did not fail"),
      (thrown: unknown) => thrown,
    );
    assert.match(describeError(error), /Dockerfile:2: .* did not complete successfully: exit code: 42\n/);
    assert.match(describeError(error), /\ngoing\ngone$/);
  });

  it("names a program that is not there", async () => {
    const building = fixture.build([FROM, 'RUN ["/nowhere"]']);
    const error = await building.then(
      () => assert.fail("it did not fail"),
      (thrown: unknown) => thrown,
    );
    assert.match(describeError(error), /Dockerfile:2: .*\/nowhere.*no such file or directory/s);
  });

  it("stops a command when it is told to", async () => {
    const stop = new AbortController();
    const request = fixture.request([FROM, "RUN echo started; sleep 1000"]);
    const started = Date.now();
    const building = fixture.builder.build(
      request,
      (event) => {
        if (event.type === "output") stop.abort();
      },
      { signal: stop.signal },
    );
    await assert.rejects(building, { code: "CANCELLED" });
    assert.ok(Date.now() - started < 10_000);
    assert.deepEqual(fixture.store.snapshots.list(), []);
  });

  it("leaves no mount behind", () => {
    const { path } = fixture.scratch;
    assert.ok(!readFileSync("/proc/self/mountinfo", "utf8").includes(path));
  });
});
