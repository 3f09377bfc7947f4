import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname } from "node:path";
import { after, before, describe, it } from "mocha";
import { requiresCommand } from "../support/requires.ts";
import { PLACES, type Place } from "./support/places.ts";
import type { Slipway } from "./support/slipway.ts";

type Options = Parameters<Place["run"]>[1];

const SHOW = "RUN find /c -type f | sort | xargs cat";

for (const { title, open } of PLACES)
  describe(`where a build${title} takes its files from`, () => {
    let slipway: Slipway;
    let place: Place;
    let server: Server;

    const file = (path: string, content: string): void => {
      const target = slipway.scratch.join(path);
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, content);
    };
    const url = (path: string): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
    /** What the commands of the build write. */
    async function shown(args: readonly string[], options: Options = {}): Promise<readonly string[]> {
      const { code, err } = await place.run(["build", "--progress", "plain", ...args], options);
      assert.equal(code, 0, err);
      return err.split("\n").flatMap((line) => /^#\d+ \d+\.\d+ (.*)$/.exec(line)?.[1] ?? []);
    }
    async function failure(args: readonly string[], options: Options = {}): Promise<string> {
      const { code, err } = await place.run(["build", ...args], options);
      assert.notEqual(code, 0);
      return err;
    }

    before(async function () {
      place = await open(this);
      ({ slipway } = place);
      server = createServer((request, response) => {
        const path = slipway.scratch.join(new URL(request.url ?? "", "http://web").pathname);
        if (existsSync(path)) response.end(readFileSync(path));
        else response.writeHead(404).end();
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      file(
        "context/Dockerfile",
        `FROM busybox\nCOPY . /c/\nRUN rm /c/*ockerfile* /c/.docker*; true\n${SHOW}\n`,
      );
      file("context/a", "a of the context\n");
      file("context/skipped", "skipped\n");
      file("context/.dockerignore", "skipped\n");
      file("context/other.Dockerfile", `FROM busybox\nCOPY a skipped /c/\n${SHOW} # other\n`);
      file("context/other.Dockerfile.dockerignore", "nothing\n");
      file("apart/Dockerfile", `FROM busybox\nCOPY a /c/\n${SHOW} # apart\n`);
    });
    after(async () => {
      server?.closeAllConnections();
      server?.close();
      await place?.[Symbol.asyncDispose]();
    });
    const archive = (): Buffer =>
      execFileSync("tar", ["-C", slipway.scratch.join("context"), "-cz", "."], { maxBuffer: 1 << 24 });

    it("is a folder, with a Dockerfile from elsewhere or standard input, and an ignore file of its own", async () => {
      assert.deepEqual(await shown(["context"]), ["a of the context"]);
      assert.deepEqual(await shown(["-f", "apart/Dockerfile", "context"]), ["a of the context"]);
      assert.deepEqual(await shown(["-f", "context/other.Dockerfile", "context"]), [
        "a of the context",
        "skipped",
      ]);
      const stdin = `FROM busybox\nCOPY a /c/\n${SHOW} # stdin\n`;
      assert.deepEqual(await shown(["-f", "-", "context"], { stdin }), ["a of the context"]);
    });

    it("is a tar on standard input, or nothing beside a Dockerfile there", async () => {
      assert.deepEqual(await shown(["--no-cache", "-"], { stdin: archive() }), ["a of the context"]);
      assert.deepEqual(await shown(["--no-cache", "-f", "other.Dockerfile", "-"], { stdin: archive() }), [
        "a of the context",
        "skipped",
      ]);
      assert.deepEqual(await shown(["-"], { stdin: "FROM busybox\nRUN echo alone\n" }), ["alone"]);
      assert.match(
        await failure(["-"], { stdin: "FROM busybox\nCOPY a /\n" }),
        /no such file in the build context: a/,
      );
      assert.match(
        await failure(["-f", "nowhere", "-"], { stdin: archive() }),
        /open nowhere: no such file or directory/,
      );
    });

    it("is behind a URL, as a tar or a Dockerfile", async () => {
      writeFileSync(slipway.scratch.join("context.tgz"), archive());
      assert.deepEqual(await shown(["--no-cache", url("/context.tgz")]), ["a of the context"]);
      file("alone.Dockerfile", "FROM busybox\nRUN echo from the web\n");
      assert.deepEqual(await shown([url("/alone.Dockerfile")]), ["from the web"]);
      assert.match(await failure([url("/nowhere")]), /invalid response status 404/);
    });

    it("is a git repository, or a folder of it", async function () {
      requiresCommand(this, "git");
      const work = slipway.scratch.join("work");
      file("work/Dockerfile", `FROM busybox\nCOPY a /c/\n${SHOW} # git\n`);
      file("work/a", "a of git\n");
      file("work/sub/Dockerfile", "FROM busybox\nRUN echo sub of git\n");
      file("work/all.Dockerfile", "FROM busybox\nCOPY . /c/\nRUN cat /c/.git/HEAD || echo none\n");
      const git = (...args: readonly string[]) => execFileSync("git", ["-C", work, ...args]);
      git("init", "-q", "-b", "main", ".");
      git("add", ".");
      git("-c", "user.name=n", "-c", "user.email=e", "commit", "-qm", "one");
      git("clone", "-q", "--bare", work, slipway.scratch.join("repo.git"));
      execFileSync("git", ["-C", slipway.scratch.join("repo.git"), "update-server-info"]);
      assert.deepEqual(await shown([url("/repo.git")]), ["a of git"]);
      assert.deepEqual(await shown([`${url("/repo.git")}#main:sub`]), ["sub of git"]);
      const kept = (value: string): Promise<readonly string[]> =>
        shown([
          "-f",
          "all.Dockerfile",
          "--build-arg",
          `BUILDKIT_CONTEXT_KEEP_GIT_DIR=${value}`,
          url("/repo.git"),
        ]);
      assert.match((await kept("true"))[0] ?? "", /^[0-9a-f]{40}$/);
      assert.equal((await kept("0")).at(-1), "none");
      assert.match(await failure([`${url("/repo.git")}#nowhere`]), /repository does not contain ref nowhere/);
    });

    it("is beside it a folder, an image or a URL under a name", async () => {
      file("named/b", "b of the named one\n");
      file("named/no", "no\n");
      file("named/.dockerignore", "no\n.dockerignore\n");
      const named = (dockerfile: string, context: string): Promise<readonly string[]> =>
        shown(["--build-context", context, "-f", "-", "context"], { stdin: dockerfile });
      assert.deepEqual(await named(`FROM busybox\nCOPY --from=other . /c/\n${SHOW}`, "other=named"), [
        "b of the named one",
      ]);
      assert.deepEqual(
        await named("FROM busybox\nRUN --mount=from=Other,target=/m ls -A /m; cat /m/b", "other=named"),
        ["b", "b of the named one"],
      );
      assert.deepEqual(
        await named(
          `FROM other AS files\nFROM busybox\nCOPY --from=files / /c/\n${SHOW} # from`,
          "other=named",
        ),
        ["b of the named one"],
      );
      assert.deepEqual(
        await named("FROM alpine:3\nRUN echo stands for alpine", "alpine:3=docker-image://busybox"),
        ["stands for alpine"],
      );
      assert.deepEqual(
        await named(`FROM busybox\nCOPY --from=web a /c/\n${SHOW} # web`, `web=${url("/context.tgz")}`),
        ["a of the context"],
      );
      assert.match(await failure(["--build-context", "x", "context"]), /expected NAME=SOURCE/);
    });
  });
