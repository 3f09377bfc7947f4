import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { after, before, describe, it } from "mocha";
import { INLINE_FIELD } from "../../builder/cache/remote/document.ts";
import { CALLS, DESCRIBED } from "../builder/dockerfile/described/calls.ts";
import { FakeRegistry } from "../registry/client/fake-registry.ts";
import { requiresBuildx } from "./support/buildx.ts";
import { DaemonRig, requiresDocker } from "./support/daemon-rig.ts";

describe("docker build with BuildKit", () => {
  let daemon: DaemonRig;
  let env: Readonly<Record<string, string>>;
  before(async function () {
    requiresDocker(this);
    daemon = await DaemonRig.open(this);
    env = requiresBuildx(this, daemon);
  });
  after(() => daemon?.[Symbol.asyncDispose]());

  let count = 0;
  /** A new context folder. */
  function contextOf(files: Readonly<Record<string, string>>): string {
    const folder = daemon.slipway.scratch.join(`context-${count++}`);
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(join(folder, name, ".."), { recursive: true });
      writeFileSync(join(folder, name), content);
    }
    return folder;
  }
  const build = (argv: readonly string[], options: Parameters<DaemonRig["docker"]>[1] = {}) =>
    daemon.docker(["build", "--progress", "plain", ...argv], { ...options, env: { ...env, ...options.env } });
  const inside = (image: string, command: string) =>
    daemon.slipway.ok(["run", "--rm", "--network", "none", image, "sh", "-c", command]);
  const leftovers = () => readdirSync(join(daemon.slipway.root, "ingest"));

  it("shows the steps as the real engine does, and the cache when it is used", async () => {
    const folder = contextOf({
      Dockerfile: "FROM busybox AS one\nARG A=x\nRUN echo got $A\nCOPY . /c\nFROM busybox\nRUN false\n",
      ".dockerignore": "*.log\n",
      "a.txt": "a",
      "b.log": "b",
    });
    const args = ["--target", "one", "--build-arg", "A=y", "-t", "bx:1", "--load", folder];
    const first = await build(args);
    assert.equal(first.code, 0, first.err);
    for (const line of [
      /^#\d+ \[internal\] load build definition from Dockerfile$/m,
      /^#\d+ transferring dockerfile: \d+B done$/m,
      /^#\d+ \[internal\] load \.dockerignore$/m,
      /^#\d+ \[internal\] load build context$/m,
      /^#\d+ \[internal\] load metadata for docker\.io\/library\/busybox:latest$/m,
      /^#\d+ \[one 2\/3\] RUN echo got y$/m,
      /^#\d+ [\d.]+ got y$/m,
      /^#\d+ \[one 3\/3\] COPY \. \/c$/m,
      /^#\d+ exporting to image$/m,
      /^#\d+ writing image sha256:[0-9a-f]{64}.* done$/m,
      /^#\d+ naming to docker\.io\/library\/bx:1.* done$/m,
    ])
      assert.match(first.err, line);
    assert.equal(await inside("bx:1", "ls /c"), "Dockerfile\na.txt");
    const again = await build(args);
    assert.equal([...again.err.matchAll(/^#\d+ CACHED$/gm)].length, 3);
    assert.deepEqual(leftovers(), []);
  });

  it("performs the stages of --no-cache-filter again", async () => {
    const folder = contextOf({
      Dockerfile: "FROM busybox AS one\nRUN echo 1 > /1\nFROM busybox\nCOPY --from=one /1 /2\n",
    });
    await build([folder]);
    const { err } = await build(["--no-cache-filter", "One", folder]);
    assert.match(err, /\[one 2\/2\] RUN .*\n#\d+ DONE/);
    assert.match(err, /\[stage-1 2\/2\] COPY .*\n#\d+ CACHED/);
  });

  it("prints the image's id alone with -q, and writes it to a file", async () => {
    const folder = contextOf({ Dockerfile: "FROM busybox\nLABEL q=1\n" });
    const file = daemon.slipway.scratch.join("iid");
    const { out, err } = await daemon.docker(["build", "-q", "-t", "quiet", "--iidfile", file, folder], {
      env,
    });
    const { record } = await daemon.engine.images.get("quiet");
    assert.equal(out, `${record.id}\n`, err);
    assert.equal(readFileSync(file, "utf8"), record.id);
  });

  it("tells everything as raw JSON", async () => {
    const folder = contextOf({ Dockerfile: "FROM busybox\nRUN echo raw\nCMD sh\n" });
    const { err, code } = await daemon.docker(["build", "--progress", "rawjson", folder], { env });
    assert.equal(code, 0, err);
    type Line = Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>;
    const lines = err
      .trim()
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line) as Line);
    const all = (key: string) => lines.flatMap((line) => line[key] ?? []);
    const run = all("vertexes").find(({ name }) => name === "[2/2] RUN echo raw");
    const said = all("logs").filter(({ vertex }) => vertex === run?.["digest"]);
    assert.deepEqual(
      said.map(({ data }) => Buffer.from(String(data), "base64").toString()),
      ["raw\n"],
    );
    assert.match(
      Buffer.from(String(all("warnings")[0]?.["short"]), "base64").toString(),
      /^JSONArgsRecommended: .*\(line 3\)$/,
    );
    assert.ok(all("statuses").some(({ id }) => String(id).startsWith("writing image sha256:")));
  });

  const failures: readonly { readonly title: string; readonly dockerfile: string; readonly shows: RegExp }[] =
    [
      {
        title: "a failing command",
        dockerfile: "FROM busybox\nRUN echo uh; exit 3\n",
        shows:
          /ERROR: process "\/bin\/sh -c echo uh; exit 3" did not .*code: 3\n------\n > \[2\/2\] RUN .*\n[\d.]+ uh\n------\nDockerfile:2\n-+\n +1 \|.*\n +2 \| >>> RUN echo uh; exit 3\n.*\n-+\nERROR: failed to build: failed to solve: process "/s,
      },
      {
        title: "an unknown instruction",
        dockerfile: "FROM busybox\nFOO\n",
        shows:
          /Dockerfile:2\n-+\n.*\n +2 \| >>> FOO\n.*failed to solve: dockerfile parse error on line 2: unknown/s,
      },
      {
        title: "a file that is not there",
        dockerfile: "FROM busybox\nCOPY nosuch /\n",
        shows:
          /#\d+ ERROR: COPY nosuch \/: no such file.*>>> COPY nosuch \/.*failed to solve: no such file in the/s,
      },
    ];
  for (const { title, dockerfile, shows } of failures)
    it(`shows the line of ${title}`, async () => {
      const { code, err } = await build([contextOf({ Dockerfile: dockerfile })]);
      assert.equal(code, 1);
      assert.match(err, shows);
      assert.deepEqual(leftovers(), []);
    });

  it("gives commands the client's secrets and ssh agents", async () => {
    const agent = createServer((socket) => socket.on("data", (data) => socket.end(`got ${data.toString()}`)));
    const socket = daemon.slipway.scratch.join("agent.sock");
    await new Promise<void>((resolve) => agent.listen(socket, resolve));
    try {
      const folder = contextOf({
        Dockerfile: [
          "FROM busybox",
          "RUN --mount=type=secret,id=s cp /run/secrets/s /secret",
          "RUN --mount=type=secret,id=none test ! -e /run/secrets/none",
          "RUN --mount=type=ssh,required test -S $SSH_AUTH_SOCK",
        ].join("\n"),
        s: "hidden",
      });
      const args = [
        "--secret",
        `id=s,src=${join(folder, "s")}`,
        "--ssh",
        `default=${socket}`,
        "-t",
        "lent",
        folder,
      ];
      const built = await build(args);
      assert.equal(built.code, 0, built.err);
      assert.equal(await inside("lent", "cat /secret"), "hidden");
      const required = contextOf({ Dockerfile: "FROM busybox\nRUN --mount=type=ssh,required true\n" });
      assert.match((await build([required])).err, />>> RUN --mount=type=ssh,required true/);
    } finally {
      await new Promise((resolve) => agent.close(resolve));
    }
  });

  it("pushes what it built", async () => {
    await using registry = await FakeRegistry.start();
    const tag = `${registry.host}/pushed:1`;
    const built = await build(["--push", "-t", tag, contextOf({ Dockerfile: "FROM busybox\nLABEL p=1\n" })]);
    assert.equal(built.code, 0, built.err);
    assert.ok(registry.manifests.has("pushed:1"));
  });

  it("pushes the annotations of the manifest with it", async () => {
    await using registry = await FakeRegistry.start();
    const tag = `${registry.host}/annotated:1`;
    const folder = contextOf({ Dockerfile: "FROM busybox\nLABEL annotated=1\n" });
    const { code, err } = await build(["--push", "-t", tag, "--annotation", "a=b=c", folder]);
    assert.equal(code, 0, err);
    const { raw } = registry.manifests.get("annotated:1") ?? {};
    assert.deepEqual(JSON.parse(String(raw)).annotations, { a: "b=c" });
    const index = await build(["-o", "type=image", "--annotation", "index:a=b", folder]);
    assert.match(index.err, /index of annotation-index\.a=b is not supported/);
  });

  it("takes options of outputs that say what always holds", async () => {
    const folder = contextOf({ Dockerfile: "FROM scratch\nCOPY Dockerfile /f\n" });
    const settled = "oci-mediatypes=true,store=true,unpack=true,rewrite-timestamp=true";
    const image = await build(["-o", `type=image,name=settled:1,${settled}`, folder]);
    assert.equal(image.code, 0, image.err);
    const out = join(folder, "out");
    const files = await build(["-o", `type=local,dest=${out},platform-split=false`, folder]);
    assert.equal(files.code, 0, files.err);
    assert.deepEqual(readdirSync(out), ["f"]);
    const other = await build(["-o", "type=image,oci-mediatypes=false", folder]);
    assert.match(other.err, /type=(?:image|moby),oci-mediatypes=false is not supported/);
  });

  it("writes the files of the result into the client's folder, beside what is there", async () => {
    const folder = contextOf({
      Dockerfile: [
        "FROM busybox",
        "RUN mkdir -p /o/a/b /o/empty && cd /o && echo x > z && ln z a/first && ln -s ../z a/b/link && touch a.b a-b a/none",
        "RUN chmod 4710 /o/z && touch -d '2020-02-03 04:05:06' /o/z && head -c 3000000 /dev/zero > /o/a/b/big",
        "FROM scratch",
        "COPY --from=0 /o /",
        "COPY --from=0 /bin /bin",
      ].join("\n"),
    });
    const target = join(folder, "out");
    mkdirSync(target);
    writeFileSync(join(target, "kept"), "");
    for (const output of [target, `type=local,dest=${target}`]) {
      const built = await build(["-o", output, "-t", "unused:1", folder]);
      assert.equal(built.code, 0, built.err);
      assert.match(built.err, /^#\d+ exporting to client directory$/m);
      assert.match(built.err, /^#\d+ copying files [\d.]+MB.* done$/m);
    }
    assert.deepEqual(readdirSync(target).sort(), ["a", "a-b", "a.b", "bin", "empty", "kept", "z"]);
    assert.deepEqual(readdirSync(join(target, "a")).sort(), ["b", "first", "none"]);
    const { mode, mtimeMs } = statSync(join(target, "z"));
    assert.equal(mode & 0o7777, 0o4710);
    assert.equal(mtimeMs, Date.UTC(2020, 1, 3, 4, 5, 6));
    assert.equal(readFileSync(join(target, "a/first"), "utf8"), "x\n");
    assert.equal(readlinkSync(join(target, "a/b/link")), "../z");
    assert.ok(readFileSync(join(target, "a/b/big")).equals(Buffer.alloc(3_000_000)));
    assert.doesNotMatch(await daemon.ok(["images"]), /unused/);
  });

  it("writes hard links as such, whichever name comes first", async () => {
    const folder = contextOf({ Dockerfile: "FROM busybox\nRUN echo x > /z && mkdir /a && ln /z /a/first\n" });
    const target = join(folder, "out");
    const built = await build(["-o", target, folder]);
    assert.equal(built.code, 0, built.err);
    assert.equal(statSync(join(target, "z")).ino, statSync(join(target, "a/first")).ino);
    assert.equal(readFileSync(join(target, "z"), "utf8"), "x\n");
  });

  it("writes an empty result", async () => {
    const folder = contextOf({ Dockerfile: "FROM scratch\nLABEL nothing=1\n" });
    const built = await build(["-o", join(folder, "out"), folder]);
    assert.equal(built.code, 0, built.err);
    assert.deepEqual(readdirSync(join(folder, "out")), []);
  });

  it("writes tars and archives, several of one build", async () => {
    const folder = contextOf({ Dockerfile: "FROM scratch\nCOPY . /c\n", file: "f" });
    const at = (name: string): string => join(folder, name);
    const listing = (name: string): string => execFileSync("tar", ["-tf", at(name)], { encoding: "utf8" });
    const outputs = ["tar", "oci", "docker"].flatMap((type) => [
      "-o",
      `type=${type},dest=${at(`${type}.tar`)}`,
    ]);
    const built = await build([...outputs, "-t", "archived:1", folder]);
    assert.equal(built.code, 0, built.err);
    assert.match(listing("tar.tar"), /^c\/file$/m);
    assert.match(listing("oci.tar"), /^index\.json$/m);
    assert.match(listing("docker.tar"), /^manifest\.json$/m);
    assert.match(built.err, /^#\d+ exporting to docker image format$/m);
    assert.match(await daemon.ok(["load", "-i", at("docker.tar")]), /archived:1/);
    const { out, code } = await daemon.docker(["build", "-q", "-o", "-", folder], { env });
    assert.equal(code, 0);
    assert.match(out, /c\/file/);
  });

  it("fails when the client cannot write", async () => {
    const folder = contextOf({ Dockerfile: "FROM busybox\n" });
    const { code, err } = await build(["-o", "type=tar,dest=/dev/full", folder]);
    assert.notEqual(code, 0);
    assert.match(err, /no space left on device/);
  });

  it("takes a Dockerfile or an archive on standard input, and a Dockerfile with ignore rules of its own", async () => {
    const piped = await build(["-t", "piped", "-"], { stdin: "FROM busybox\nRUN echo piped > /p\n" });
    assert.equal(piped.code, 0, piped.err);
    assert.equal(await inside("piped", "cat /p"), "piped");
    const folder = contextOf({
      "sub/Other": "FROM busybox\nCOPY . /c\n",
      "sub/Other.dockerignore": "skip\n",
      ".dockerignore": "keep\n",
      keep: "k",
      skip: "s",
    });
    const built = await build(["-f", join(folder, "sub/Other"), "-t", "own", folder]);
    assert.equal(built.code, 0, built.err);
    assert.equal(await inside("own", "ls /c"), "keep\nsub");
  });

  it("cancels when the client is interrupted, and leaves nothing", async () => {
    const folder = contextOf({ Dockerfile: "FROM busybox\nRUN while :; do echo tick; sleep 0.1; done\n" });
    const { code } = await build([folder], {
      started: (client) =>
        client.stderr?.on("data", (data: Buffer) => {
          if (data.toString().includes(" tick")) client.kill("SIGINT");
        }),
    });
    assert.notEqual(code, 0);
    while (leftovers().length > 0) await new Promise((resolve) => setTimeout(resolve, 20));
  });

  const refused: readonly { readonly argv: readonly string[]; readonly name: RegExp }[] = [
    {
      argv: ["--cache-to", "type=azblob,account_url=http://127.0.0.1,name=n"],
      name: /a cache export of type=azblob is not supported/,
    },
    {
      argv: ["--cache-to", "type=inline,mounts=true"],
      name: /cache-to type=inline with mounts=true is not supported/,
    },
    {
      argv: ["--cache-to", "type=registry,ref=127.0.0.1:1/a,mounts=all"],
      name: /cache-to mounts=all is not supported/,
    },
    { argv: ["--build-arg", "BUILDKIT_SYNTAX=example/front"], name: /the frontend example\/front is not/ },
    {
      argv: ["-o", "type=oci,tar=false,dest=/tmp/never"],
      name: /the output type=oci,tar=false is not supported/,
    },
    {
      argv: ["--build-arg", "BUILDKIT_MULTI_PLATFORM=1", "-o", "never"],
      name: /the output type=local with BUILDKIT_MULTI_PLATFORM is not supported/,
    },
    {
      argv: ["--build-arg", "BUILDKIT_MULTI_PLATFORM=maybe"],
      name: /invalid value "maybe" for --build-arg BUILDKIT_MULTI_PLATFORM: expected true or false/,
    },
    { argv: ["--call", "nonsense"], name: /requestid=frontend.nonsense is not supported/ },
  ];
  for (const { argv, name } of refused)
    it(`refuses ${argv.slice(0, 2).join(" ")} by name`, async () => {
      const { code, err } = await build([...argv, contextOf({ Dockerfile: "FROM busybox\n" })]);
      assert.equal(code, 1);
      assert.match(err, name);
    });

  it("builds for several platforms under one name, in an archive too", async () => {
    const folder = contextOf({ Dockerfile: "FROM scratch\nCOPY Dockerfile /\n" });
    const several = ["--platform", "linux/amd64,linux/arm64"];
    const file = daemon.slipway.scratch.join("several.tar");
    const { code, err } = await build([...several, "-t", "several:1", "-o", `type=oci,dest=${file}`, folder]);
    assert.equal(code, 0, err);
    const inArchive = (path: string) =>
      JSON.parse(execFileSync("tar", ["-xOf", file, path], { encoding: "utf8" })) as {
        readonly manifests: readonly {
          readonly digest: string;
          readonly platform?: { readonly architecture: string };
        }[];
      };
    const [index] = inArchive("index.json").manifests;
    const { manifests } = inArchive(`blobs/${index?.digest.replace(":", "/")}`);
    assert.deepEqual(
      manifests.map(({ platform }) => platform?.architecture),
      ["amd64", "arm64"],
    );
    const local = await build([...several, "-o", daemon.slipway.scratch.join("never"), folder]);
    assert.match(local.err, /the output type=local with several platforms is not supported/);
  });

  it("makes an index of one platform, and an image that has its cache with it, when arguments say so", async () => {
    const folder = contextOf({ Dockerfile: "FROM scratch\nCOPY Dockerfile /\n" });
    const metadata = daemon.slipway.scratch.join("one.json");
    const args = ["--build-arg", "BUILDKIT_MULTI_PLATFORM=1", "--build-arg", "BUILDKIT_INLINE_CACHE=1"];
    const built = await build([...args, "-t", "one:1", "--metadata-file", metadata, folder]);
    assert.equal(built.code, 0, built.err);
    const told = JSON.parse(readFileSync(metadata, "utf8")) as {
      readonly "containerimage.descriptor": { readonly mediaType: string };
    };
    assert.equal(told["containerimage.descriptor"].mediaType, "application/vnd.oci.image.index.v1+json");
    const saved = daemon.slipway.scratch.join("one.tar");
    await daemon.slipway.ok(["save", "-o", saved, "one:1"]);
    assert.match(execFileSync("tar", ["-xOf", saved, "index.json"], { encoding: "utf8" }), /image\.index/);
    const config = execFileSync("tar", ["-xOf", saved, "--wildcards", "blobs/sha256/*"], {
      encoding: "utf8",
      maxBuffer: 1 << 24,
    });
    assert.ok(config.includes(INLINE_FIELD));
  });

  it("checks a Dockerfile with --call check, and shows its lines", async () => {
    const wrong = contextOf({ Dockerfile: "FROM busybox\nENV A b\n" });
    const { code, out, err } = await build(["--call", "check", wrong]);
    assert.equal(code, 1, err);
    assert.match(out, /WARNING: LegacyKeyValueFormat - https:[\s\S]*Dockerfile:2\n-+\n[\s\S]*>>> ENV A b/);
    const json = await build(["--call", "check,format=json", wrong]);
    const { warnings } = JSON.parse(json.out) as {
      readonly warnings: readonly { readonly ruleName: string }[];
    };
    assert.deepEqual(
      warnings.map(({ ruleName }) => ruleName),
      ["LegacyKeyValueFormat"],
    );
    const right = await build(["--call", "check", contextOf({ Dockerfile: "FROM busybox\n" })]);
    assert.deepEqual([right.code, /no warnings found/.test(right.out + right.err)], [0, true], right.err);
  });

  it("answers --call outline and targets as the real engine does", async () => {
    for (const { args, out } of CALLS.filter(({ args }) => args.length !== 4)) {
      const given = await build([...args, DESCRIBED]);
      assert.equal(given.out, out, given.err);
    }
    const { out } = await build(["--call", "subrequests.describe", DESCRIBED]);
    assert.deepEqual(
      [...out.matchAll(/^\S+/gm)].map(([name]) => name),
      ["NAME", "outline", "targets", "lint", "subrequests.describe"],
    );
  });

  it("is sent no context for a question", async () => {
    const folder = contextOf({ Dockerfile: "FROM scratch\nCOPY . /\n", large: "x".repeat(3_000_000) });
    const { err } = await build(["--call", "outline", folder]);
    assert.match(err, /transferring context: (?:\d+B )?done/);
    assert.doesNotMatch(err, /transferring context: [\d.]+MB/);
  });

  it("keeps the cache in a registry, in the image and in a folder of the client's, and finds it there again", async () => {
    await using registry = await FakeRegistry.start();
    const place = daemon.slipway.scratch.join("kept");
    const folder = contextOf({ Dockerfile: "FROM busybox\nRUN date +%N > /kept-elsewhere\n" });
    const reused = /^#\d+ \[(?:stage-0 )?2\/2\] RUN .*\n#\d+ CACHED$/m;
    const forget = async (image: string) => {
      await daemon.ok(["rmi", "-f", image]);
      await daemon.ok(["buildx", "prune", "-af"], { env });
    };
    const { host } = registry;
    const cases = [
      [`${host}/kept:cache`, "cached-elsewhere", `type=registry,ref=${host}/kept:cache,mode=max`, "--load"],
      [`${host}/inline:1`, `${host}/inline:1`, "type=inline", "--push"],
      [`type=local,src=${place},tag=t`, "cached-elsewhere", `type=local,dest=${place},tag=t`, "--load"],
    ] as const;
    for (const [from, name, to, output] of cases) {
      const built = await build(["--cache-to", to, output, "-t", name, folder]);
      assert.equal(built.code, 0, built.err);
      await forget(name);
      assert.match((await build(["--cache-from", from, "-t", "cached-elsewhere", folder])).err, reused, from);
      await forget("cached-elsewhere");
      assert.doesNotMatch((await build(["-t", "cached-elsewhere", folder])).err, reused);
      await forget("cached-elsewhere");
    }
    for (const ref of ["kept:cache", "inline:1"]) assert.ok(registry.manifests.has(ref));
    const { err } = await build(["--cache-from", "type=azblob,account_url=http://127.0.0.1,name=n", folder]);
    assert.match(err, /a cache import of type=azblob is not supported/);
  });

  it("keeps cache mounts in a registry when it is asked to", async () => {
    await using registry = await FakeRegistry.start();
    const ref = `${registry.host}/mounts:cache`;
    const run = (command: string) =>
      contextOf({ Dockerfile: `FROM busybox\nRUN --mount=type=cache,target=/far ${command}\n` });
    const to = ["--cache-to", `type=registry,ref=${ref},mounts=true`];
    const written = await build([...to, run("echo kept > /far/kept")]);
    assert.match(written.err, /^#\d+ copying cache mount \/\/far$/m);
    await daemon.ok(["buildx", "prune", "-af", "--filter", "type=exec.cachemount"], { env });
    const { err } = await build(["--cache-from", ref, run("cat /far/kept")]);
    assert.match(err, /^#\d+ restoring cache mount \/\/far from \S+mounts:cache$/m);
    assert.match(err, /^#\d+ restored [\d.]+kB done$/m);
    assert.match(err, /^#\d+ [\d.]+ kept$/m);
  });

  it("tells what the build cache takes, and empties it, or a part of it", async () => {
    const file = "FROM busybox\nRUN --mount=type=cache,target=/c echo pruned | tee /c/p > /p\n";
    const args = ["-t", "pruned", contextOf({ Dockerfile: file })];
    const buildx = (...argv: readonly string[]) => daemon.docker(["buildx", ...argv], { env });
    const reused = /^#\d+ \[stage-0 2\/2\] RUN .*\n#\d+ CACHED$/m;
    await buildx("prune", "-af");
    assert.equal((await build(args)).code, 0);
    const listed = await buildx("du");
    assert.match(listed.out, /^ID\s+RECLAIMABLE\s+SIZE\s+LAST ACCESSED\n/);
    assert.match(listed.out, /^[0-9a-f]{64}\*\s+true\s+/m);
    assert.match(listed.out, /^Total:\s+[1-9]/m);
    assert.match(
      (await buildx("du", "--filter", "type=exec.cachemount", "--verbose")).out,
      /^Usage count:\s+1$/m,
    );
    for (const kept of [["--filter=until=24h"], ["--reserved-space=1gb"], ["--max-used-space=1gb"]])
      assert.match((await buildx("prune", "-f", ...kept)).out, /^Total:\s+0B?$/m);
    assert.match(
      (await buildx("prune", "-f", "--filter=type=exec.cachemount")).out,
      /^[0-9a-f]{64}\*\s+true/m,
    );
    assert.match((await build(args)).err, reused);
    assert.match((await buildx("prune", "-f", "--filter=colour=red")).err, /colour/);
    const { out, code } = await buildx("prune", "-a", "-f");
    assert.equal(code, 0);
    assert.match(out, /^sha256:[0-9a-f]{64}\s/m);
    assert.doesNotMatch((await build(args)).err, reused);
  });

  it("is seen as a builder of its own", async () => {
    const out = await daemon.ok(["buildx", "inspect", "default"], { env });
    assert.match(out, /Status: +running\n.*Platforms: +linux\//s);
  });
});
