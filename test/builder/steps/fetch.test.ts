import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describeError } from "../../../core/errors.ts";
import { requiresCommand } from "../../support/requires.ts";
import { BuildFixture, type Built } from "../support/build-fixture.ts";

const CONTENT = "from the web\n";
const DIGEST = `sha256:${createHash("sha256").update(CONTENT).digest("hex")}`;
const MODIFIED = "Tue, 02 Jan 2024 03:04:05 GMT";

/** Answers as a web server that knows its files' ETags; below /git a folder is served as it is. */
class Web implements AsyncDisposable {
  readonly requests: string[] = [];
  content = CONTENT;
  folder = "";
  readonly #server: Server = createServer((request, response) => {
    const path = new URL(request.url ?? "", "http://web").pathname;
    const etag = `"${this.content.length}"`;
    const known = request.headers["if-none-match"] === etag;
    this.requests.push(`${path}${request.headers["if-none-match"] === undefined ? "" : " if changed"}`);
    if (path.startsWith("/git/")) return this.#file(path.slice("/git/".length), response);
    if (path === "/moved") return void response.writeHead(302, { location: "/file" }).end();
    if (path === "/endless") return void response.writeHead(302, { location: "/endless" }).end();
    if (path !== "/file" && path !== "/") return void response.writeHead(404).end("no");
    response.writeHead(known ? 304 : 200, { etag, "last-modified": MODIFIED });
    response.end(known ? undefined : this.content);
  });

  async open(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return this;
  }
  url(path: string): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}${path}`;
  }
  #file(path: string, response: import("node:http").ServerResponse): void {
    const file = join(this.folder, path);
    if (!existsSync(file)) response.writeHead(404).end();
    else response.end(readFileSync(file));
  }
  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

async function failureOf(building: Promise<unknown>): Promise<string> {
  return building.then(
    () => assert.fail("it did not fail"),
    (error: unknown) => describeError(error),
  );
}

describe("ADD of what is elsewhere", () => {
  let fixture: BuildFixture;
  let web: Web;
  const build = (...lines: readonly string[]): Promise<Built> => fixture.build(["FROM scratch", ...lines]);

  before(async () => {
    fixture = await BuildFixture.open();
    mkdirSync(fixture.scratch.join("context"));
    web = await new Web().open();
  });
  after(async () => {
    await fixture[Symbol.asyncDispose]();
    await web[Symbol.asyncDispose]();
  });

  it("takes a file under its name, for root alone, with the server's time", async () => {
    const { tree } = await build(`ADD ${web.url("/file")} ${web.url("/moved?query#fragment")} /d/`);
    assert.deepEqual(await tree(Date.parse(MODIFIED) / 1000), {
      "/d": "directory 755 0:0",
      "/d/file": 'file 600 0:0 "from the web\\n" kept',
      "/d/moved": 'file 600 0:0 "from the web\\n" kept',
    });
  });

  it("has --chmod, --chown and a name of its own, and one for what has none", async () => {
    const { tree } = await build(
      `ADD --chmod=755 --chown=3:4 ${web.url("/file")} /own`,
      `ADD ${web.url("/")} /d/`,
    );
    const { "/own": own, "/d/__unnamed__": unnamed } = await tree();
    assert.deepEqual([own, unnamed], ['file 755 3:4 "from the web\\n"', 'file 600 0:0 "from the web\\n"']);
  });

  async function materialsOf(line: string): Promise<unknown> {
    const { image } = await fixture.build(["FROM scratch", line], { attestations: { provenance: {} } });
    const [provenance] = await fixture.store.attestations.read(image);
    const { buildDefinition } = JSON.parse(provenance?.document.toString() ?? "") as {
      readonly buildDefinition: Readonly<Record<string, unknown>>;
    };
    return buildDefinition["resolvedDependencies"];
  }

  it("is named in the provenance of the image, with its digest", async () => {
    const digest = { sha256: DIGEST.slice("sha256:".length) };
    assert.deepEqual(await materialsOf(`ADD ${web.url("/file")} /named`), [
      { uri: web.url("/file"), digest },
    ]);
  });

  it("asks whether a file has changed, and takes it again when it has", async () => {
    const line = `ADD ${web.url("/file")} /again`;
    web.requests.length = 0;
    assert.equal((await build(line)).performed.length, 1);
    assert.deepEqual((await build(line)).performed, []);
    assert.deepEqual(new Set(web.requests), new Set(["/file if changed"]));
    web.content = "changed\n";
    const { "/again": again } = await (await build(line)).tree();
    web.content = CONTENT;
    assert.equal(again, 'file 600 0:0 "changed\\n"');
  });

  it("asks nobody for a file whose digest is known and which is there", async () => {
    const line = `ADD --checksum=${DIGEST} ${web.url("/file")} /checked`;
    await build(line);
    web.requests.length = 0;
    assert.deepEqual((await build(line)).performed, []);
    assert.deepEqual(web.requests, []);
    const other = DIGEST.replace(/.$/, (last) => (last === "0" ? "1" : "0"));
    assert.match(
      await failureOf(build(`ADD --checksum=${other} ${web.url("/file")} /x`)),
      /digest mismatch sha256:[0-9a-f]+: sha256:[0-9a-f]+/,
    );
  });

  it("unpacks an archive only when it is told to", async () => {
    const tar = execFileSync("tar", ["-C", fixture.scratch.path, "-c", "context"]);
    web.content = tar.toString("latin1");
    try {
      const packed = await (await build(`ADD ${web.url("/file")} /d/`)).tree();
      const unpacked = await (await build(`ADD --unpack=true ${web.url("/file")} /d/`)).tree();
      assert.ok("/d/file" in packed);
      assert.ok("/d/context" in unpacked);
    } finally {
      web.content = CONTENT;
    }
  });

  it("says what went wrong", async () => {
    assert.match(
      await failureOf(build(`ADD ${web.url("/absent")} /x`)),
      /Dockerfile:2: .*\/absent failed: invalid response status 404/s,
    );
    assert.match(await failureOf(build(`ADD ${web.url("/endless")} /x`)), /redirect|failed/);
    assert.match(
      await failureOf(build(`ADD ${web.url("/file")} local /x/`)),
      /no such file in the build context: local/,
    );
  });

  describe("a git repository", () => {
    let first = "";
    const repository = (): string => web.url("/git/repo.git");

    before(function () {
      requiresCommand(this, "git");
      const work = fixture.scratch.join("work");
      const git = (...args: readonly string[]): string =>
        execFileSync("git", ["-C", work, "-c", "user.name=n", "-c", "user.email=e", ...args], {
          encoding: "utf8",
        });
      mkdirSync(join(work, "sub"), { recursive: true });
      writeFileSync(join(work, "file"), "one\n");
      writeFileSync(join(work, "sub", "deep"), "deep\n");
      git("init", "-q", "-b", "main", ".");
      git("add", ".");
      git("commit", "-qm", "one");
      git("tag", "-a", "v1", "-m", "one");
      first = git("rev-parse", "HEAD").trim();
      writeFileSync(join(work, "file"), "two\n");
      git("commit", "-qam", "two");
      web.folder = fixture.scratch.path;
      git("clone", "-q", "--bare", work, fixture.scratch.join("repo.git"));
      execFileSync("git", ["-C", fixture.scratch.join("repo.git"), "update-server-info"]);
    });

    it("is named in the provenance of the image, with its commit", async () => {
      const uri = `${repository()}#v1`;
      assert.deepEqual(await materialsOf(`ADD ${uri} /named`), [{ uri, digest: { sha1: first } }]);
    });

    const cases: readonly [suffix: string, expected: Readonly<Record<string, string>>][] = [
      ["", { "/r/file": "two", "/r/sub/deep": "deep" }],
      ["#v1", { "/r/file": "one", "/r/sub/deep": "deep" }],
      ["#main:sub", { "/r/deep": "deep" }],
      ["?tag=v1&subdir=sub", { "/r/deep": "deep" }],
      ["?branch=main", { "/r/file": "two", "/r/sub/deep": "deep" }],
    ];
    for (const [suffix, expected] of cases) {
      it(`takes repo.git${suffix}`, async () => {
        const tree = await (await build(`ADD ${repository()}${suffix} /r`)).tree();
        const files = Object.entries(tree).filter(([, line]) => line.startsWith("file"));
        const texts = files.map(([path, line]) => [path, /"(\w+)/.exec(line)?.[1] ?? line] as const);
        assert.deepEqual(Object.fromEntries(texts), expected);
      });
    }

    it("is taken by commit, checked, and with its .git when that is asked for", async () => {
      const kept = await (
        await build(`ADD --keep-git-dir --checksum=${first.slice(0, 12)} ${repository()}#v1 /r`)
      ).tree();
      assert.ok("/r/.git/HEAD" in kept);
      // The files are those of the tag, which the ADD itself need not take again.
      assert.equal((await build(`ADD ${repository()}#${first} /r`)).performed.length, 1);
      assert.deepEqual((await build(`ADD ${repository()}#${first} /r`)).performed, []);
    });

    const wrong: readonly [line: () => string, message: RegExp][] = [
      [() => `ADD ${repository()}#nowhere /r`, /repository does not contain ref nowhere/],
      [() => `ADD ${repository()}#main:nowhere /r`, /there is no directory nowhere/],
      [() => `ADD ${repository()}?nonsense=1 /r`, /unexpected query "nonsense"/],
      [() => `ADD ${repository()}?tag=a#b /r`, /ref conflicts: "b" vs "refs\/tags\/a"/],
      [
        () => `ADD --checksum=abcdef ${repository()}#v1 /r`,
        /expected checksum to match abcdef, got [0-9a-f]{40}/,
      ],
      [() => `ADD ${repository()}#--upload-pack=x /r`, /invalid git source/],
    ];
    for (const [line, message] of wrong)
      it(`refuses with ${message.source}`, async () => assert.match(await failureOf(build(line())), message));
  });
});
