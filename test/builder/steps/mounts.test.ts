import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import type { Context } from "mocha";
import type { SecretSource, SshSource } from "../../../builder/ports.ts";
import { describeError } from "../../../core/errors.ts";
import { requiresBaseImage, requiresOverlay } from "../../support/requires.ts";
import { BuildFixture, type Built } from "../support/build-fixture.ts";

const FROM = "FROM busybox:latest";
let fixture: BuildFixture;

async function open(test: Context): Promise<void> {
  requiresOverlay(test);
  const busybox = requiresBaseImage(test, "busybox:latest");
  fixture = await BuildFixture.open();
  const context = (path: string): string => fixture.scratch.join("context", path);
  mkdirSync(context("folder"), { recursive: true });
  writeFileSync(context("folder/a"), "a\n");
  writeFileSync(context("hidden"), "hidden\n");
  writeFileSync(context(".dockerignore"), "hidden\n");
  await fixture.useContainers(busybox);
}

const outputOf = ({ events }: Built): readonly string[] =>
  events
    .flatMap((event) => (event.type === "output" ? [Buffer.from(event.data).toString()] : []))
    .join("")
    .split("\n")
    .slice(0, -1);

const secretsOf = (values: Readonly<Record<string, string>>): SecretSource => ({
  secret: async (id) => (values[id] === undefined ? undefined : Buffer.from(values[id])),
});

async function failureOf(building: Promise<unknown>): Promise<string> {
  return building.then(
    () => assert.fail("it did not fail"),
    (error: unknown) => describeError(error),
  );
}

/** What the layers on top of the base have. */
async function changesOf(built: Built): Promise<readonly string[]> {
  const base = await (await fixture.build([FROM, "LABEL x=y"])).tree();
  return Object.keys(await built.tree()).filter((path) => base[path] === undefined);
}

describe("RUN --mount", () => {
  before(async function () {
    await open(this);
  });
  after(async () => fixture?.[Symbol.asyncDispose]());

  describe("type=bind", () => {
    it("shows the context without what is ignored, read-only, and leaves nothing", async () => {
      const built = await fixture.build([
        FROM,
        "WORKDIR /w",
        "RUN --mount=target=/context,ro cd /context; ls -A; cat folder/a; touch x 2>/dev/null || echo read-only",
        "RUN --mount=type=bind,source=folder/a,target=file cat file; pwd",
      ]);
      assert.deepEqual(outputOf(built), [".dockerignore", "folder", "a", "read-only", "a", "/w"]);
      assert.deepEqual(await changesOf(built), ["/w"]);
    });

    it("shows stages and images, and throws away what is written", async () => {
      const built = await fixture.build([
        `${FROM} AS made`,
        "RUN mkdir -p /d/e && echo one > /d/e/f && ln -s d/e /link",
        FROM,
        "RUN --mount=from=made,source=/link,target=/m,rw cat /m/f; echo two > /m/f; touch /m/g; cat /m/f",
        "RUN --mount=from=made,source=d,target=/m ls /m/e",
        "RUN --mount=from=busybox,target=/image ls -d /image/bin",
      ]);
      assert.deepEqual(outputOf(built), ["one", "two", "f", "/image/bin"]);
      assert.deepEqual(await changesOf(built), []);
    });

    it("is a reason to run again when its content differs, and only then", async () => {
      const build = (content: string, other: string): Promise<Built> => {
        writeFileSync(fixture.scratch.join("context", "folder", "b"), content);
        return fixture.build([
          `${FROM} AS made`,
          `RUN echo ${other} > /other; echo same > /kept`,
          FROM,
          "RUN --mount=source=folder,target=/m cat /m/b",
          "RUN --mount=from=made,source=kept,target=/m cat /m",
        ]);
      };
      const runs = ({ performed }: Built): readonly string[] =>
        performed.filter((name) => name.includes("--mount"));
      assert.equal(runs(await build("1", "x")).length, 2);
      assert.equal(runs(await build("1", "x")).length, 0);
      assert.equal(runs(await build("1", "y")).length, 0);
      assert.equal(runs(await build("2", "y")).length, 1);
    });

    it("names a source that is not there", async () => {
      assert.match(
        await failureOf(fixture.build([FROM, "RUN --mount=source=nowhere,target=/m true"])),
        /no such file in the build context: nowhere/,
      );
      assert.match(
        await failureOf(fixture.build([FROM, "RUN --mount=from=busybox,source=/nowhere,target=/m true"])),
        /no such file in image docker\.io\/library\/busybox:latest: \/nowhere/,
      );
      assert.match(
        await failureOf(fixture.build([FROM, "RUN --mount=target=/ true"])),
        /invalid mount target "\/"/,
      );
    });
  });

  describe("type=cache", () => {
    it("keeps its files for the next build, by id and not in the image", async () => {
      const built = await fixture.build([
        FROM,
        "RUN --mount=type=cache,target=/c echo kept > /c/f",
        "RUN --mount=type=cache,id=/c,target=/other cat /other/f",
        "RUN --mount=type=cache,id=own,target=/c ls /c | wc -l",
        "RUN --mount=type=cache,id=/c,target=/c,ro touch /c/g 2>/dev/null || echo read-only",
      ]);
      assert.deepEqual(outputOf(built), ["kept", "0", "read-only"]);
      assert.deepEqual(await changesOf(built), []);
      const again = await fixture.build([FROM, "RUN --mount=type=cache,target=/c cat /c/f # again"]);
      assert.deepEqual(outputOf(again), ["kept"]);
      const apart = await fixture.build([FROM, "RUN --mount=type=cache,target=/c ls /c | wc -l"], {
        buildArgs: { BUILDKIT_CACHE_MOUNT_NS: "apart" },
      });
      assert.deepEqual(outputOf(apart), ["0"]);
    });

    it("begins with a stage's files, and has the owner and mode that are asked for", async () => {
      const built = await fixture.build([
        `${FROM} AS made`,
        "RUN mkdir -p /d/e && echo one > /d/e/f && chown 3:4 /d/e/f",
        FROM,
        "RUN --mount=type=cache,id=b,from=made,source=/d,target=/c cat /c/e/f; stat -c %u:%g /c/e/f; echo two > /c/e/f",
        "RUN --mount=type=cache,id=b,from=made,source=/d,target=/c cat /c/e/f",
        "RUN --mount=type=cache,id=m,target=/c,mode=0700,uid=5,gid=6 stat -c '%a %u:%g' /c",
      ]);
      assert.deepEqual(outputOf(built), ["one", "3:4", "two", "700 5:6"]);
    });

    it("is waited for when it is locked, and is another one when it is private", async () => {
      const steps = (sharing: string): readonly string[] => {
        const command = (n: number): string =>
          `RUN --mount=type=cache,id=${sharing},sharing=${sharing},target=/c mkdir /c/busy || touch /c/met; sleep 0.3; ls -A /c > /seen; rmdir /c/busy; true ${n}`;
        return [
          `${FROM} AS one`,
          command(1),
          `${FROM} AS two`,
          command(2),
          FROM,
          "COPY --from=one /seen /1",
          "COPY --from=two /seen /2",
          `RUN cat /1 /2 # ${sharing}`,
        ];
      };
      assert.deepEqual(outputOf(await fixture.build(steps("locked"))), ["busy", "busy"]);
      assert.deepEqual(outputOf(await fixture.build(steps("private"))), ["busy", "busy"]);
    });

    it("goes with a prune, unless it is in use", async () => {
      const caches = (): readonly string[] => readdirSync(join(fixture.store.paths.root, "cachemounts"));
      assert.notEqual(caches().length, 0);
      await fixture.emptyCache();
      assert.deepEqual(caches(), []);
      const building = fixture.builder.build(
        fixture.request([FROM, "RUN --mount=type=cache,target=/c echo 1 > /c/f; echo on; sleep 1; cat /c/f"]),
        (event) => {
          if (event.type === "output") void fixture.emptyCache();
        },
      );
      await building;
      assert.equal(caches().length, 1);
    });
  });

  describe("type=tmpfs", () => {
    it("is empty memory of a size, over what is there", async () => {
      const built = await fixture.build([
        FROM,
        "RUN --mount=type=tmpfs,target=/bin/t,size=64k cd /bin/t; ls; df -k . | tail -n 1 | awk '{print $2}'; echo x > y; cat y",
        "RUN ls /bin/t 2>/dev/null || echo gone",
      ]);
      assert.deepEqual(outputOf(built), ["64", "x", "gone"]);
    });
  });

  describe("type=secret", () => {
    const secrets = secretsOf({ token: "s3cr3t-value", other: "0ther-value" });

    it("gives files and variables to the command alone", async () => {
      const built = await fixture.build(
        [
          FROM,
          "RUN --mount=type=secret,id=token wc -c < /run/secrets/token; stat -c '%a %u:%g' /run/secrets/token",
          "RUN --mount=type=secret,id=token,target=/etc/key,mode=0440,uid=7,gid=8 stat -c '%a %u:%g' /etc/key",
          'RUN --mount=type=secret,id=token,env=TOKEN test "$TOKEN" = s3cr3t-value; ls /run/secrets 2>/dev/null | wc -l',
          "RUN --mount=type=secret,id=other,target=/k,env=OTHER test $(cat /k) = $OTHER && echo both",
          "RUN --mount=type=secret,id=absent ls /run/secrets 2>/dev/null | wc -l",
          "RUN env | grep -c TOKEN || ls /etc/key /k /run/secrets 2>/dev/null || echo nothing",
        ],
        { secrets },
      );
      assert.deepEqual(outputOf(built), ["12", "400 0:0", "440 7:8", "0", "both", "0", "0", "nothing"]);
      assert.deepEqual(await changesOf(built), []);
    });

    it("is no reason to run again", async () => {
      const steps = [FROM, "RUN --mount=type=secret,id=token cat /run/secrets/token | wc -c # twice"];
      await fixture.build(steps, { secrets });
      const again = await fixture.build(steps, { secrets: secretsOf({ token: "another" }) });
      assert.deepEqual(again.performed, []);
    });

    it("stops the build when it is required and absent", async () => {
      assert.match(
        await failureOf(fixture.build([FROM, "RUN --mount=type=secret,id=no,required true"], { secrets })),
        /Dockerfile:2: .*secret no: not found/s,
      );
    });

    it("is warned of when it lands in a file of the image, with the file's name", async () => {
      const values = secretsOf({ leaked: "l3aked-value\n", kept: "k3pt-value" });
      const { events } = await fixture.build(
        [
          FROM,
          "RUN --mount=type=secret,id=leaked --mount=type=secret,id=kept cat /run/secrets/kept > /dev/null; mkdir -p /a/b; " +
            "echo token=$(cat /run/secrets/leaked): > /a/b/config; (echo -n user:; cat /run/secrets/leaked) | base64 > /half; " +
            "cat /run/secrets/leaked | base64 > /encoded; (head -c 70000 /dev/zero; cat /run/secrets/leaked) > /deep; echo no > /none",
        ],
        { secrets: values },
      );
      const warnings = events.flatMap((event) => (event.type === "warning" ? [event.message] : []));
      const told = warnings.flatMap((text) => /contain the value of the secret (.*)/.exec(text)?.[1] ?? []);
      assert.deepEqual(told, [
        "leaked: it is in /a/b/config",
        "leaked: it is in /deep",
        "leaked: it is in /encoded",
      ]);
    });

    it("is nowhere in the state root", async () => {
      const { root } = fixture.store.paths;
      fixture.store.database.pragma("wal_checkpoint(TRUNCATE)");
      const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) =>
        entry.isFile(),
      );
      const found = files.filter((entry) => {
        const content = readFileSync(join(entry.parentPath, entry.name));
        // "s3cr3t-value" stands in the Dockerfile of a test above, and in the history of its image.
        return content.includes("0ther-value");
      });
      assert.ok(files.length > 10);
      assert.deepEqual(found, []);
    });
  });

  describe("type=ssh", () => {
    it("hands the agent's socket to the command", async function () {
      await fixture.useContainers(requiresBaseImage(this, "debian:bookworm"));
      const ask =
        'perl -MIO::Socket::UNIX -e \'$s = IO::Socket::UNIX->new($ENV{SSH_AUTH_SOCK}); print $s "hello"; $s->flush; print <$s>, "\\n"\'';
      const path = fixture.scratch.join("agent.sock");
      const server = createServer((socket) =>
        socket.on("data", (data) => socket.end(`agent: ${data.toString()}`)),
      );
      await new Promise<void>((resolve) => server.listen(path, resolve));
      const ssh: SshSource = {
        has: async (id) => id === "default",
        connect: async () => connect(path),
      };
      try {
        const built = await fixture.build(
          [
            "FROM debian:bookworm",
            `RUN --mount=type=ssh echo $SSH_AUTH_SOCK; stat -c '%F %a' $SSH_AUTH_SOCK; ${ask}`,
            "RUN --mount=type=ssh,target=/sock,mode=0666,uid=7,gid=8 echo $SSH_AUTH_SOCK; stat -c '%a %u:%g' /sock",
            "RUN --mount=type=ssh,id=absent echo -$SSH_AUTH_SOCK-",
          ],
          { ssh },
        );
        assert.deepEqual(outputOf(built), [
          "/run/buildkit/ssh_agent.0",
          "socket 600",
          "agent: hello",
          "/sock",
          "666 7:8",
          "-/run/buildkit/ssh_agent.0-",
        ]);
      } finally {
        server.close();
      }
    });

    it("stops the build when it is required and absent", async () => {
      assert.match(
        await failureOf(fixture.build([FROM, "RUN --mount=type=ssh,required true"])),
        /no SSH key "default" forwarded/,
      );
    });
  });
});
