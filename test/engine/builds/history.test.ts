import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "mocha";
import type { BuildEvent } from "../../../builder/events.ts";
import { digestOf } from "../../../core/digest.ts";
import { Failure } from "../../../core/errors.ts";
import type { BuildAsked } from "../../../engine/build-history-api.ts";
import { BuildTable } from "../../../engine/builds/history/build-table.ts";
import { History } from "../../../engine/builds/history/history.ts";
import { BuildRecorder } from "../../../engine/builds/history/recorder.ts";
import { openDatabase } from "../../../store/database.ts";
import { Scratch } from "../../support/scratch.ts";

const ASKED: BuildAsked = {
  context: "/home/me/app",
  dockerfile: "Dockerfile",
  tags: ["app:1"],
  buildArgs: {},
  labels: {},
  namedContexts: {},
  network: "default",
  extraHosts: [],
  noCache: false,
  pull: false,
};
const MANIFEST = digestOf("manifest");
const step = (id: string, inputs: readonly string[] = []): BuildEvent => ({
  type: "step",
  id,
  name: `step ${id}`,
  inputs,
});
const ran = (id: string, from: number, to: number, cached = false): readonly BuildEvent[] => [
  { type: "started", id, time: from },
  { type: "finished", id, time: to, cached },
];
const output = (id: string, data: string | Uint8Array): BuildEvent => ({
  type: "output",
  id,
  stream: "stdout",
  data: Buffer.from(data),
  time: 5,
});

describe("The history of builds", () => {
  let scratch: Scratch;
  let table: BuildTable;
  let history: History;
  let database: ReturnType<typeof openDatabase>;
  let now: number;
  beforeEach(() => {
    scratch = new Scratch();
    now = Date.UTC(2030, 0, 1);
    database = openDatabase(scratch.join("slipway.db"));
    table = new BuildTable(database);
    history = new History(table, () => now);
  });
  afterEach(() => {
    database.close();
    scratch[Symbol.dispose]();
  });
  const begin = (ref: string, asked: Partial<BuildAsked> = {}): BuildRecorder =>
    new BuildRecorder(table, { ref, asked: { ...ASKED, ...asked } }, () => now);
  const built = (ref: string, asked: Partial<BuildAsked> = {}): void => {
    const recorder = begin(ref, asked);
    now += 2000;
    recorder.completed(MANIFEST);
  };
  const outputOf = async (ref: string): Promise<Buffer> => {
    const pieces: Uint8Array[] = [];
    for await (const event of history.events(ref)) if (event.type === "output") pieces.push(event.data);
    return Buffer.concat(pieces);
  };

  it("gives back every event and every byte, whatever it is", async () => {
    const recorder = begin("a1");
    const bytes = Buffer.from([0xff, 0x00, 0x0a, 0xc3]);
    const events = [step("x"), ...ran("x", 1, 9).slice(0, 1), output("x", "é\n"), output("x", bytes)];
    for (const event of events) recorder.report(event);
    recorder.completed(MANIFEST);
    const read: BuildEvent[] = [];
    for await (const event of history.events("a1")) read.push(event);
    assert.deepEqual(read, events);
  });

  it("counts steps, and says which the length of the build comes from", async () => {
    const recorder = begin("a1");
    const events = [
      step("load"),
      ...ran("load", 0, 10),
      step("base"),
      step("fast", ["base"]),
      step("slow", ["base"]),
    ];
    const rest = [
      ...ran("base", 10, 11, true),
      ...ran("fast", 11, 20),
      ...ran("slow", 11, 90),
      step("last", ["fast", "slow"]),
    ];
    for (const event of [...events, ...rest, ...ran("last", 90, 100)]) recorder.report(event);
    recorder.completed(MANIFEST);
    const { steps, stepList, criticalDuration, manifest } = await history.inspect("a1");
    assert.deepEqual(steps, { total: 5, completed: 5, cached: 1 });
    assert.equal(manifest, MANIFEST);
    assert.deepEqual(
      stepList.filter(({ critical }) => critical).map(({ id }) => id),
      ["load", "base", "slow", "last"],
    );
    assert.equal(criticalDuration, 100);
  });

  it("keeps how a build failed, and where", async () => {
    const at = { file: "Dockerfile", line: 3, endLine: 4 };
    const cause = new Failure("IMAGE_UNKNOWN", { reference: "x" });
    begin("a1").failed(new Failure("BUILD_STEP_INVALID", { ...at, step: "COPY --from=x a b" }, { cause }));
    begin("a2").failed(new Failure("CANCELLED", { what: "the build" }));
    const [one, two] = [await history.get("a1"), await history.get("a2")];
    assert.equal(one.status, "error");
    const { message = "", ...place } = one.fault ?? {};
    assert.deepEqual(place, { code: "BUILD_STEP_INVALID", ...at });
    assert.match(message, /^Dockerfile:3: COPY --from=x a b: /);
    assert.equal(two.status, "canceled");
  });

  it("leaves out secrets that commands were given, even in pieces", async () => {
    const recorder = begin("a1");
    const secrets = recorder.watch({ secret: async () => Buffer.from("hunter2\n") });
    await secrets.secret("password");
    for (const text of ["my hun", "ter2 is hunter2", "\nhun", "dred"]) recorder.report(output("x", text));
    recorder.report({ type: "finished", id: "x", time: 9, cached: false, error: "hunter2 is wrong" });
    recorder.failed(new Error("saw hunter2"));
    assert.equal((await outputOf("a1")).toString(), "my *** is ***\nhundred");
    const { stepList, fault } = await history.inspect("a1");
    assert.deepEqual([stepList[0]?.error, fault?.message], ["*** is wrong", "saw ***"]);
  });

  it("keeps 64 MiB of output, and says when there was more", async () => {
    const recorder = begin("a1");
    const piece = Buffer.alloc(16 * 1024 * 1024, "a");
    for (let i = 0; i < 5; i += 1) recorder.report(output("x", piece));
    recorder.completed(MANIFEST);
    assert.equal((await outputOf("a1")).byteLength, 4 * piece.byteLength);
    assert.equal((await history.get("a1")).logTruncated, true);
  });

  it("has builds whose image was pushed without being here", async () => {
    begin("p1").completed(undefined);
    assert.equal((await history.get("p1")).status, "completed");
  });

  it("follows a build that runs until it ends", async () => {
    const recorder = begin("a1");
    recorder.report(output("x", "first\n"));
    const following = outputOf("a1");
    setTimeout(() => {
      recorder.report(output("x", "second\n"));
      recorder.completed(MANIFEST);
    }, 20);
    assert.equal((await following).toString(), "first\nsecond\n");
  });

  it("takes a build whose process is gone for failed", async () => {
    begin("a1");
    database.prepare("UPDATE builds SET owner = 'nobody'").run();
    assert.equal(
      (await history.get("a1")).fault?.message,
      "the process that built it ended before the build did",
    );
    await history.remove("a1");
    assert.deepEqual(await history.list(), []);
  });

  it("finds builds by ID, its beginning, or their place", async () => {
    for (const ref of ["abc1", "abd2"]) built(ref);
    const found = async (text: string) => (await history.get(text)).ref;
    const texts = ["abc1", "abc", "", "^0", "^1"];
    assert.deepEqual(await Promise.all(texts.map(found)), ["abc1", "abc1", "abd2", "abd2", "abc1"]);
    await assert.rejects(found("ab"), { code: "BUILD_RECORD_AMBIGUOUS" });
    for (const text of ["x", "^2"]) await assert.rejects(found(text), { code: "BUILD_RECORD_UNKNOWN" });
  });

  it("does not remove what runs", async () => {
    built("a1");
    begin("a2");
    await assert.rejects(history.remove("a2"), { code: "BUILD_RUNNING" });
    assert.deepEqual(await history.removeAll(), ["a1"]);
    assert.deepEqual(
      (await history.list()).map(({ ref }) => ref),
      ["a2"],
    );
  });

  it("forgets what is old", async () => {
    built("a1");
    now += 91 * 24 * 60 * 60 * 1000;
    built("a2");
    assert.deepEqual(
      (await history.list()).map(({ ref }) => ref),
      ["a2"],
    );
  });

  it("keeps the newest thousand", async () => {
    for (let i = 1; i <= 1002; i += 1) built(`b${i}`);
    const kept = (await history.list()).map(({ ref }) => ref);
    assert.deepEqual([kept.length, kept[0], kept.at(-1)], [1000, "b1002", "b3"]);
  });

  const NAMES: readonly (readonly [Partial<BuildAsked>, string])[] = [
    [{}, "app"],
    [{ dockerfile: "docker/web.Dockerfile" }, "app/web.Dockerfile"],
    [{ target: "test" }, "app (test)"],
    [{ context: "https://host/a.git#main" }, "https://host/a.git#main"],
    [{ buildArgs: { BUILDKIT_BUILD_NAME: "nightly" } }, "nightly"],
  ];
  for (const [asked, name] of NAMES)
    it(`calls a build ${name}`, async () => {
      built("a1", asked);
      assert.equal((await history.get("a1")).name, name);
    });

  const FILTERS: readonly (readonly [filter: string, refs: string])[] = [
    ["status=completed", "a2 a1"],
    ["status!=completed", "a3"],
    ["ref=2", "a2"],
    ["ref!=a2", "a3 a1"],
    ["repository=host", "a2"],
    ["duration<3s", "a2 a1"],
    ["duration>=3s", "a3"],
    ["startedAt>=2030-01-01T00:00:02Z", "a3 a2"],
    ["completedAt<2030-01-01T00:00:04Z", "a1"],
  ];
  for (const [filter, refs] of FILTERS)
    it(`lists with --filter ${filter}`, async () => {
      built("a1");
      built("a2", { context: "https://host/a.git" });
      const failing = begin("a3");
      now += 5000;
      failing.failed(new Error("no"));
      const found = await history.list({ filters: [filter] });
      assert.equal(found.map(({ ref }) => ref).join(" "), refs);
    });

  for (const filter of ["colour=red", "status<completed", "duration=3s", "startedAt<then", "status"])
    it(`refuses --filter ${filter}`, async () => {
      await assert.rejects(history.list({ filters: [filter] }), { kind: "invalid" });
    });
});
