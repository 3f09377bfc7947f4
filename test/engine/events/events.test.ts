import assert from "node:assert/strict";
import { EventLog } from "../../../engine/events/event-log.ts";
import { compileEventFilters } from "../../../engine/events/match.ts";
import { Events } from "../../../engine/events.ts";
import type { EngineEvent } from "../../../runtime/events.ts";
import { openDatabase } from "../../../store/database.ts";
import { Scratch } from "../../support/scratch.ts";

const event = (change: Partial<EngineEvent> = {}): EngineEvent => ({
  type: "container",
  action: "start",
  id: "abc123",
  attributes: { image: "busybox:1.36", name: "web", tier: "front" },
  timeNano: 0n,
  ...change,
});

describe("the events of a state root", () => {
  let scratch: Scratch;
  let first: EventLog;
  let second: EventLog;
  beforeEach(() => {
    scratch = new Scratch();
    first = new EventLog(openDatabase(scratch.join("slipway.db")));
    second = new EventLog(openDatabase(scratch.join("slipway.db")));
  });
  afterEach(() => scratch[Symbol.dispose]());

  async function actions(stream: AsyncIterable<EngineEvent>, count = Number.POSITIVE_INFINITY) {
    const seen: string[] = [];
    for await (const { action } of stream) if (seen.push(action) >= count) break;
    return seen;
  }
  const events = (log: EventLog) => new Events({ log, look: async () => undefined });

  it("come from every process, in order", async () => {
    const signal = AbortSignal.timeout(10_000);
    const seen = actions(events(first).stream({}, { signal }), 3);
    second.record(event({ action: "create" }));
    first.record(event({ action: "start" }));
    second.record(event({ action: "die" }));
    assert.deepEqual(await seen, ["create", "start", "die"]);
  });
  it("begin with the history from a moment on and end at another", async () => {
    first.record({ ...event({ action: "old" }), time: new Date(1000) });
    first.record({ ...event({ action: "wanted" }), time: new Date(2000) });
    first.record({ ...event({ action: "late" }), time: new Date(3000) });
    const stream = events(second).stream({ since: new Date(1500), until: new Date(2500) });
    assert.deepEqual(await actions(stream), ["wanted"]);
  });
  it("have no history unless it is asked for", async () => {
    first.record(event());
    assert.deepEqual(await actions(events(first).stream({ until: new Date() })), []);
  });
  it("end without an error when nobody listens any more", async () => {
    const signal = AbortSignal.timeout(20);
    assert.deepEqual(await actions(events(first).stream({}, { signal })), []);
  });
  it("tell with what a container ended the last time", () => {
    first.record(event({ action: "die", attributes: { exitCode: "4" } }));
    first.record(event({ action: "die", attributes: { exitCode: "5" } }));
    first.record(event({ action: "die", id: "other", attributes: { exitCode: "6" } }));
    assert.equal(second.exitCodeOf("abc123"), 5);
    first.record(event({ id: "unended" }));
    assert.equal(second.exitCodeOf("unended"), undefined);
  });
  it("are forgotten when there are too many", () => {
    for (let i = 0; i < 10_050; i++) first.record(event({ action: String(i) }));
    assert.equal(first.read(0)[0]?.event.action, "50");
  }).timeout(20_000);
});

describe("filters of events", () => {
  const cases: readonly [filters: Record<string, string[]>, event: Partial<EngineEvent>, passes: boolean][] =
    [
      [{}, {}, true],
      [{ type: ["image"] }, {}, false],
      [{ type: ["image", "container"] }, {}, true],
      [{ container: ["abc"] }, {}, true],
      [{ container: ["we"] }, {}, true],
      [{ container: ["eb"] }, {}, false],
      [{ event: ["start"] }, {}, true],
      [{ event: ["sta"] }, {}, false],
      [{ event: ["exec_create"] }, { action: "exec_create: ls" }, true],
      [{ event: ["health_status: healthy"] }, { action: "health_status: unhealthy" }, false],
      [{ image: ["busybox"] }, {}, true],
      [{ image: ["busybox:1.36"] }, {}, true],
      [{ image: ["busybox:1.35"] }, {}, false],
      [{ label: ["tier"] }, {}, true],
      [{ label: ["tier=front", "other"] }, {}, false],
      [{ scope: ["swarm"] }, {}, false],
    ];
  for (const [filters, change, passes] of cases)
    it(`${JSON.stringify(filters)} ${passes ? "let" : "do not let"} ${change.action ?? "start"} through`, () =>
      assert.equal(compileEventFilters(filters)(event(change)), passes));

  it("are refused by name where there is none such", () =>
    assert.throws(() => compileEventFilters({ colour: [] }), /colour/));
});
