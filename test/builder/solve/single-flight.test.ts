import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import { Semaphore, within } from "../../../builder/solve/semaphore.ts";
import { SingleFlight } from "../../../builder/solve/single-flight.ts";

describe("single flight", () => {
  it("runs the work of one key once at a time, and again later", async () => {
    const flights = new SingleFlight<number>();
    let runs = 0;
    const work = async (): Promise<number> => {
      await turn();
      return ++runs;
    };
    assert.deepEqual(await Promise.all([flights.run("a", work), flights.run("a", work)]), [1, 1]);
    assert.equal(await flights.run("a", work), 2);
  });

  it("does not make one caller's failure another's", async () => {
    const flights = new SingleFlight<string>();
    const failing = flights.run("a", async () => {
      await turn();
      throw new Error("cancelled");
    });
    const other = flights.run("a", async () => "done");
    await assert.rejects(failing, /cancelled/);
    assert.equal(await other, "done");
  });
});

describe("a semaphore", () => {
  it("lets no more run than it has places, in order, and goes on after a failure", async () => {
    const semaphore = new Semaphore(2);
    const order: number[] = [];
    let running = 0;
    let most = 0;
    const work = (i: number) => async (): Promise<void> => {
      most = Math.max(most, ++running);
      order.push(i);
      await turn();
      running--;
      if (i === 1) throw new Error("one fails");
    };
    const all = await Promise.allSettled([0, 1, 2, 3, 4].map((i) => semaphore.run(work(i))));
    assert.deepEqual(order, [0, 1, 2, 3, 4]);
    assert.equal(most, 2);
    assert.deepEqual(
      all.map(({ status }) => status),
      ["fulfilled", "rejected", "fulfilled", "fulfilled", "fulfilled"],
    );
  });

  it("can have another one around it, that others share", async () => {
    const everybody = new Semaphore(3);
    const one = within(everybody, new Semaphore(2));
    const other = within(everybody, new Semaphore(2));
    let [running, most] = [0, 0];
    const work = async (): Promise<void> => {
      most = Math.max(most, ++running);
      await turn();
      running--;
    };
    await Promise.all([0, 1, 2, 3].flatMap(() => [one.run(work), other.run(work)]));
    assert.equal(most, 3);
    await Promise.all([0, 1, 2, 3].map(() => one.run(work)));
    assert.equal(running, 0);
  });
});
