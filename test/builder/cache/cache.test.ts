import assert from "node:assert/strict";
import { mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { query } from "../../../store/database.ts";
import { requiresOverlay } from "../../support/requires.ts";
import { BuildFixture, type FakeCommand } from "../support/build-fixture.ts";

/** Writes what follows "write": the name, then the content. */
const write: FakeCommand = ({ process: { args } }, upper) => {
  const [, , script = ""] = args;
  const [, name = "", content = ""] = script.split(" ");
  writeFileSync(join(upper, name), content);
  return 0;
};

async function open(): Promise<BuildFixture> {
  const fixture = await BuildFixture.open();
  mkdirSync(fixture.scratch.join("context", "d"), { recursive: true });
  for (const name of ["a", "b", "d/c"]) writeFileSync(fixture.scratch.join("context", name), name);
  fixture.command = write;
  return fixture;
}

const DOCKERFILE = [
  "FROM scratch",
  "COPY a /a",
  "RUN write one 1",
  "LABEL x=y",
  "COPY d /d",
  "RUN write two 2",
  "WORKDIR /w",
];
const runs = (steps: readonly string[]): readonly string[] =>
  steps.map((name) => name.replace(/^\[.*?\] /, ""));

describe("the build cache", () => {
  before(function () {
    requiresOverlay(this);
  });

  it("gives the same image again, and performs nothing", async () => {
    await using fixture = await open();
    const first = await fixture.build(DOCKERFILE);
    assert.deepEqual(runs(first.performed), [
      "COPY a /a",
      "RUN write one 1",
      "COPY d /d",
      "RUN write two 2",
      "WORKDIR /w",
    ]);
    const second = await fixture.build(DOCKERFILE, { tags: ["again"] });
    assert.deepEqual(second.performed, []);
    assert.equal(second.cached.length, 5);
    assert.equal(second.image, first.image);
    assert.equal(fixture.requests.length, 2);
  });

  const harmless: Readonly<Record<string, (context: string) => void>> = {
    "a file that no instruction copies": (context) => writeFileSync(join(context, "b"), "changed"),
    "a new file beside the copied ones": (context) => writeFileSync(join(context, "new"), "new"),
    "only a time": (context) => utimesSync(join(context, "a"), 1, 1),
    "a file written again with the same content": (context) => writeFileSync(join(context, "a"), "a"),
  };
  for (const [title, change] of Object.entries(harmless)) {
    it(`misses nothing after a change of ${title}`, async () => {
      await using fixture = await open();
      const first = await fixture.build(DOCKERFILE);
      change(fixture.scratch.join("context"));
      const second = await fixture.build(DOCKERFILE);
      assert.deepEqual(second.performed, []);
      assert.equal(second.image, first.image);
    });
  }

  const changes: Readonly<Record<string, (context: string) => void>> = {
    "of content with the same size": (context) => writeFileSync(join(context, "d/c"), "D/C"),
    "of a name": (context) => writeFileSync(join(context, "d/new"), ""),
    "of a mode": (context) => writeFileSync(join(context, "d/x"), "", { mode: 0o755 }),
  };
  for (const [title, change] of Object.entries(changes)) {
    it(`misses the step that copies a file after a change ${title}`, async () => {
      await using fixture = await open();
      const first = await fixture.build(DOCKERFILE);
      change(fixture.scratch.join("context"));
      const second = await fixture.build(DOCKERFILE);
      assert.deepEqual(runs(second.cached), ["COPY a /a", "RUN write one 1"]);
      assert.equal(second.performed[0], "[3/5] COPY d /d");
      assert.notEqual(second.image, first.image);
    });
  }

  it("stops the cascade where a step's result is equal but for times", async () => {
    await using fixture = await open();
    const dockerfile = [
      "FROM scratch",
      "COPY a /in",
      "RUN write out same",
      "FROM scratch",
      "COPY --from=0 /out /out",
    ];
    await fixture.build(dockerfile);
    writeFileSync(fixture.scratch.join("context", "a"), "changed");
    const second = await fixture.build(dockerfile);
    assert.deepEqual(runs(second.performed), ["COPY a /in", "RUN write out same"]);
    assert.deepEqual(runs(second.cached), ["COPY --from=0 /out /out"]);
  });

  it("stops the cascade where a command was edited to the same effect", async () => {
    await using fixture = await open();
    const dockerfile = (edit: string) => [
      "FROM scratch",
      "COPY a /a",
      `RUN write out same${edit}`,
      "RUN write end 1",
    ];
    await fixture.build(dockerfile(""));
    const second = await fixture.build(dockerfile(" # as before"));
    assert.deepEqual(runs(second.performed), ["RUN write out same # as before"]);
    const third = await fixture.build([
      "FROM scratch",
      "COPY a /a",
      "RUN write out other",
      "RUN write end 1",
    ]);
    assert.deepEqual(runs(third.performed), ["RUN write out other", "RUN write end 1"]);
  });

  it("takes no more than is said before it is measured", async () => {
    await using fixture = await open();
    for (let i = 0; i < 200; i++) mkdirSync(fixture.scratch.join("context", "d", `${i}`));
    const total = async (): Promise<number> =>
      (await fixture.builder.usage()).reduce((sum, { bytes }) => sum + bytes, 0);
    await fixture.build(DOCKERFILE);
    const before = fixture.builder.usageAtMost();
    assert.ok((await total()) <= before);
    await fixture.build([...DOCKERFILE, "RUN write three 3"]);
    assert.ok((await total()) <= fixture.builder.usageAtMost());
  });

  it("knows a copied stage by its content when its layers differ", async () => {
    await using fixture = await open();
    const dockerfile = (text: string) => [
      "FROM scratch AS one",
      "RUN write out same",
      `RUN write log ${text}`,
      "FROM scratch",
      "COPY --from=one /out /x/",
    ];
    await fixture.build(dockerfile("first"));
    const second = await fixture.build(dockerfile("second"));
    assert.deepEqual(runs(second.cached), ["RUN write out same", "COPY --from=one /out /x/"]);
  });

  it("performs everything with --no-cache and keeps equal layers", async () => {
    await using fixture = await open();
    const first = await fixture.build(DOCKERFILE);
    const second = await fixture.build(DOCKERFILE, { noCache: true });
    assert.equal(second.performed.length, 5);
    assert.equal(second.image, first.image);
  });

  it("performs the stages again that --no-cache-filter names, and no others where results are equal", async () => {
    await using fixture = await open();
    const dockerfile = [
      "FROM scratch AS one",
      "RUN write one 1",
      "FROM scratch",
      "COPY --from=one /one /two",
      "RUN write three 3",
    ];
    const first = await fixture.build(dockerfile);
    const again = async (...noCacheStages: readonly string[]) => {
      const built = await fixture.build(dockerfile, { noCacheStages });
      assert.equal(built.image, first.image);
      const warned = built.events.flatMap((event) => (event.type === "warning" ? [event.message] : []));
      return [...runs(built.performed), ...warned];
    };
    assert.deepEqual(await again("ONE"), ["RUN write one 1"]);
    assert.deepEqual(await again("stage-1"), ["COPY --from=one /one /two", "RUN write three 3"]);
    assert.deepEqual(await again("none"), ['no stage is called "none": --no-cache-filter leaves it out']);
  });

  it("takes a record whose layer is gone for none", async () => {
    await using fixture = await open();
    // Times do not tell the layer made again from the first one.
    const fixed = { sourceDateEpoch: 1 };
    const first = await fixture.build(DOCKERFILE, fixed);
    const [, layer] = first.config.rootfs.diff_ids;
    if (layer !== undefined) await fixture.store.content.delete(layer);
    const second = await fixture.build(DOCKERFILE, fixed);
    assert.deepEqual(runs(second.performed), ["RUN write one 1"]);
  });

  const parts: Readonly<Record<string, readonly [one: readonly string[], other: readonly string[]]>> = {
    "the command": [["RUN write x 1"], ["RUN write x 2"]],
    "a variable": [
      ["ENV a=1", "RUN write x 1"],
      ["ENV a=2", "RUN write x 1"],
    ],
    "the working directory": [["RUN write x 1"], ["WORKDIR /w", "RUN write x 1"]],
    "the user": [["RUN write x 1"], ["USER 5:5", "RUN write x 1"]],
    "the network": [["RUN write x 1"], ["RUN --network=none write x 1"]],
    "the shell": [["RUN write x 1"], ['SHELL ["/bin/bash", "-c"]', "RUN write x 1"]],
    "the destination": [["COPY a /x"], ["COPY a /y"]],
    "the owner": [["COPY a /x"], ["COPY --chown=1:1 a /x"]],
    "the permissions": [["COPY a /x"], ["COPY --chmod=600 a /x"]],
    "a here-document": [
      ["COPY <<E /x", "1", "E"],
      ["COPY <<E /x", "2", "E"],
    ],
  };
  for (const [title, [one, other]] of Object.entries(parts)) {
    it(`misses when ${title} differs`, async () => {
      await using fixture = await open();
      await fixture.build(["FROM scratch", ...one]);
      const { performed } = await fixture.build(["FROM scratch", ...other]);
      assert.notDeepEqual(performed, []);
    });
  }

  it("does not ask what a step cannot see", async () => {
    await using fixture = await open();
    await fixture.build(["FROM scratch", "ARG unused=1", "LABEL a=1", "COPY a /x", "ENV b=1", "COPY d /y"]);
    const second = await fixture.build(["FROM scratch", "LABEL a=2", "COPY a /x", "ENV b=2", "COPY d /y"], {
      buildArgs: { HTTP_PROXY: "http://proxy" },
    });
    assert.deepEqual(second.performed, []);
  });

  it("keeps proxies out of keys and of the image, and gives them to commands", async () => {
    await using fixture = await open();
    await fixture.build(["FROM scratch", "RUN write x 1"]);
    const { performed } = await fixture.build(["FROM scratch", "RUN write x 1"], {
      buildArgs: { HTTP_PROXY: "http://proxy" },
    });
    assert.deepEqual(performed, []);
    const { config } = await fixture.build(["FROM scratch", "RUN write x 2"], {
      buildArgs: { HTTP_PROXY: "http://proxy" },
    });
    assert.ok(fixture.requests.at(-1)?.process.env.includes("HTTP_PROXY=http://proxy"));
    assert.ok(!JSON.stringify(config).includes("proxy"));
  });

  it("does not keep what was made of files that changed meanwhile", async () => {
    await using fixture = await open();
    const context = fixture.scratch.join("context");
    fixture.command = () => {
      writeFileSync(join(context, "a"), "A");
      return 0;
    };
    const dockerfile = ["FROM scratch", "RUN edit", "COPY a /a"];
    const first = await fixture.build(dockerfile);
    assert.match((await first.tree())["/a"] ?? "", /"A"/);
    writeFileSync(join(context, "a"), "a");
    const second = await fixture.build(dockerfile);
    assert.deepEqual(runs(second.performed), ["COPY a /a"]);
    assert.match((await second.tree())["/a"] ?? "", /"a"/);
  });

  it("reads a file again that may have changed without its stat telling", async () => {
    await using fixture = await open();
    // As if everything had been written just now, in the same tick as the build looks at it.
    fixture.now = 0;
    const first = await fixture.build(["FROM scratch", "COPY a /a"]);
    // Only the number of remembered files, which is none.
    const stored = query<{ entries: Buffer }>(
      fixture.store.database,
      "SELECT entries FROM context_files",
    ).all();
    assert.deepEqual(
      stored.map(({ entries }) => entries),
      [Buffer.alloc(8)],
    );
    const second = await fixture.build(["FROM scratch", "COPY a /a"]);
    assert.deepEqual(second.performed, []);
    assert.equal(second.image, first.image);
  });

  it("forgets on request, and only then lets layers go", async () => {
    await using fixture = await open();
    await fixture.build(DOCKERFILE);
    const removed = await fixture.emptyCache();
    assert.equal(removed.length, 5);
    assert.ok(removed.every(({ bytes }) => bytes > 0));
    assert.equal(query(fixture.store.database, "SELECT * FROM roots_build_cache").all().length, 0);
    const { performed } = await fixture.build(DOCKERFILE);
    assert.equal(performed.length, 5);
  });
});
