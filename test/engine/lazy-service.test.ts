import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { lazyService, once } from "../../engine/lazy-service.ts";

interface Counter {
  add(by: number): Promise<number>;
  upTo(end: number): AsyncIterable<number>;
}

class FromZero implements Counter {
  #value = 0;

  async add(by: number): Promise<number> {
    this.#value += by;
    return this.#value;
  }

  async *upTo(end: number): AsyncIterable<number> {
    for (let n = this.#value; n < end; n += 1) yield n;
  }
}

/** A counter, and how often one was made. */
function counter() {
  let made = 0;
  const load = once(async () => {
    made += 1;
    return new FromZero();
  });
  return { service: lazyService<Counter>(load, { upTo: true }), made: () => made };
}

describe("a lazy service", () => {
  it("is loaded once, with the first call", async () => {
    const { service, made } = counter();
    // A promise that resolves with it must not take it for another promise.
    assert.equal(await Promise.resolve(service), service);
    assert.equal(made(), 0);
    assert.deepEqual(await Promise.all([service.add(1), service.add(2)]), [1, 3]);
    assert.equal(made(), 1);
  });

  it("has streams that begin when they are read", async () => {
    const { service, made } = counter();
    const stream = service.upTo(3);
    assert.equal(made(), 0);
    await service.add(1);
    const read: number[] = [];
    for await (const n of stream) read.push(n);
    assert.deepEqual(read, [1, 2]);
  });

  it("rejects a call with what loading it failed with, and is loaded by a later one", async () => {
    let failures = 2;
    const load = once(async () => {
      if (failures-- > 0) throw new Error("no such chunk");
      return new FromZero();
    });
    const service = lazyService<Counter>(load, { upTo: true });
    await assert.rejects(service.add(1), /no such chunk/);
    await assert.rejects(service.upTo(1)[Symbol.asyncIterator]().next(), /no such chunk/);
    assert.equal(await service.add(1), 1);
  });
});
