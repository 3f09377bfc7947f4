import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import { CacheRecords } from "../../../builder/cache/cache-records.ts";
import { LazyLayers } from "../../../builder/cache/remote/lazy-layers.ts";
import { RemoteRecords } from "../../../builder/cache/remote/remote-records.ts";
import { type CopyStep, layersOf, type Outcomes, type Plan } from "../../../builder/plan/step.ts";
import { CachedPerformer } from "../../../builder/solve/cached-performer.ts";
import type { Operation } from "../../../builder/solve/operation.ts";
import { Semaphore } from "../../../builder/solve/semaphore.ts";
import { solve } from "../../../builder/solve/solver.ts";
import { type Digest, digestOf } from "../../../core/digest.ts";
import { openDatabase } from "../../../store/database.ts";
import type { LayerStore, Locks } from "../../../store/types.ts";

/** 2,000 take a minute; the usual number finds what a change breaks. */
const SCHEDULES = Number(process.env["SLIPWAY_SCHEDULES"] ?? 150);

/** Numbers from 0 to 1 that follow from a seed: mulberry32. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Everything that waits, waits here, and goes on in an order that follows from a seed. */
class Schedule {
  readonly #random: () => number;
  readonly #waiting: (() => void)[] = [];

  constructor(random: () => number) {
    this.#random = random;
  }

  /** An index below `n`. */
  choose(n: number): number {
    return Math.floor(this.#random() * n);
  }

  wait(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Runs until `work` has ended; throws when nothing can go on any more. */
  async run(work: Promise<unknown>): Promise<void> {
    let isOver = false;
    void work.finally(() => (isOver = true));
    for (let idle = 0; !isOver; ) {
      await turn();
      const next = this.#waiting.splice(this.choose(this.#waiting.length), 1)[0];
      next?.();
      idle = next === undefined ? idle + 1 : 0;
      if (idle > 20)
        throw new Error("deadlock: nothing waits for time to pass, and the builds have not ended");
    }
  }
}

const AT = { file: "Dockerfile", line: 1, endLine: 1 };
const BEFORE = { document: { os: "linux", architecture: "amd64" }, config: {}, history: [] } as const;

/** A graph in which each step may build on and copy from any step before it. Few names, so that steps are equal often. */
function randomPlan(schedule: Schedule, prefix: string): Plan {
  const steps: CopyStep[] = [];
  const before = (): string | undefined => steps[schedule.choose(steps.length + 1)]?.id;
  for (let i = 0; i < 4 + schedule.choose(10); i++) {
    const [parent, from] = [before(), before()];
    const name = `${prefix} ${schedule.choose(5)}`;
    steps.push({
      id: `s${i}`,
      kind: "copy",
      parent,
      name,
      at: AT,
      code: name,
      before: BEFORE,
      from: from === undefined ? { kind: "scratch" } : { kind: "step", step: from },
      fromName: "",
      sources: { list: [], exclude: [] },
      inline: [],
      target: "/",
      chown: "",
      chmod: undefined,
      unpack: false,
    });
  }
  return { steps, result: steps.at(-1)?.id, image: BEFORE };
}

/** What several builds share, with every wait in the schedule's hands. */
class World {
  readonly executions = new Map<string, number>();
  readonly layers = new Map<Digest, { readonly diffId: Digest; readonly size: number }>();
  most = 0;
  /** The step that fails when it is first performed. */
  failing: string | undefined;
  readonly slots: Semaphore;
  readonly performer: CachedPerformer;
  readonly #schedule: Schedule;
  #running = 0;

  constructor(schedule: Schedule, records: CacheRecords, slots: number) {
    this.#schedule = schedule;
    this.slots = new Semaphore(slots);
    this.performer = new CachedPerformer({ records, layers: this.#store(), locks: this.#locks() });
  }

  build(plan: Plan, signal: AbortSignal): Promise<Outcomes> {
    return solve(
      plan,
      {
        noCache: false,
        claim: () => undefined,
        clock: () => 0,
        report: () => undefined,
        operation: (step, outcomes) => this.#operation(step as CopyStep, outcomes),
        explain: async (error) => error,
        created: async () => "2030-01-01T00:00:00Z",
        done: () => undefined,
        remote: { records: new RemoteRecords(), layers: new LazyLayers(this.#store()) },
        slots: this.slots,
        performer: this.performer,
      },
      signal,
    );
  }

  #operation({ name, parent, from }: CopyStep, outcomes: Outcomes): Operation {
    const source = from.kind === "step" ? layersOf(outcomes, from.step) : [];
    const inputs = [
      ["root", layersOf(outcomes, parent)],
      ["source", source],
    ] as const;
    return {
      definition: [["name", name]],
      inputs: async () => {
        await this.#schedule.wait();
        return inputs;
      },
      perform: (signal) => this.#perform(`${name} ${JSON.stringify(inputs)}`, signal),
    };
  }

  async #perform(key: string, signal: AbortSignal) {
    this.#running += 1;
    this.most = Math.max(this.most, this.#running);
    try {
      await this.#schedule.wait();
      signal.throwIfAborted();
      if (this.failing !== undefined && key.startsWith(this.failing)) throw new Error("the command failed");
      this.executions.set(key, (this.executions.get(key) ?? 0) + 1);
      const layer = { diffId: digestOf(key), size: 1 };
      this.layers.set(layer.diffId, layer);
      return layer;
    } finally {
      this.#running -= 1;
    }
  }

  #store(): LayerStore {
    const known: Pick<LayerStore, "stat" | "same"> = {
      stat: (diffId) => this.layers.get(diffId),
      same: async () => false,
    };
    return known as LayerStore;
  }

  /** As those of other processes would be: had one at a time, in any order. */
  #locks(): Locks {
    const held = new Set<string>();
    return {
      hold: async (name, { signal } = {}) => {
        do {
          await this.#schedule.wait();
          signal?.throwIfAborted();
        } while (held.has(name));
        held.add(name);
        return { [Symbol.asyncDispose]: async () => void held.delete(name) };
      },
    };
  }
}

describe("the solver", () => {
  const database = openDatabase(":memory:");
  const records = new CacheRecords(database, () => 0);
  after(() => database.close());

  async function play(seed: number, disturb: (world: World, stops: readonly AbortController[]) => void) {
    const schedule = new Schedule(randomOf(seed));
    const slots = 1 + schedule.choose(4);
    const world = new World(schedule, records, slots);
    const plans = [0, 1, 2].map(() => randomPlan(schedule, `${seed}`));
    const stops = plans.map(() => new AbortController());
    disturb(world, stops);
    const ends = Promise.allSettled(
      plans.map((plan, i) => world.build(plan, stops[i]?.signal ?? AbortSignal.abort())),
    );
    try {
      await schedule.run(ends);
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
    assert.ok(world.most <= slots, `seed ${seed}: ${world.most} at a time`);
    return { world, ends: await ends };
  }

  it(`performs each step once over builds that run beside each other, in ${SCHEDULES} schedules`, async function () {
    this.timeout(600_000);
    for (let seed = 1; seed <= SCHEDULES; seed++) {
      const { world, ends } = await play(seed, () => undefined);
      assert.deepEqual(new Set(ends.map(({ status }) => status)), new Set(["fulfilled"]), `seed ${seed}`);
      assert.deepEqual(new Set(world.executions.values()), new Set([1]), `seed ${seed}`);
    }
  });

  it(`ends all builds when a step of theirs fails, in ${SCHEDULES} schedules`, async function () {
    this.timeout(600_000);
    for (let seed = 10_001; seed <= 10_000 + SCHEDULES; seed++) {
      const { ends } = await play(seed, (world) => (world.failing = `${seed} 0`));
      for (const end of ends)
        if (end.status === "rejected") assert.match(String(end.reason), /the command failed/, `seed ${seed}`);
    }
  });

  it(`finishes the others when one is cancelled, in ${SCHEDULES} schedules`, async function () {
    this.timeout(600_000);
    for (let seed = 20_001; seed <= 20_000 + SCHEDULES; seed++) {
      const { ends } = await play(seed, (_, [stop]) => setImmediate(() => setImmediate(() => stop?.abort())));
      assert.deepEqual(
        ends.slice(1).map(({ status }) => status),
        ["fulfilled", "fulfilled"],
        `seed ${seed}`,
      );
    }
  });
});
