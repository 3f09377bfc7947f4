import assert from "node:assert/strict";
import { deferred } from "../../core/deferred.ts";
import { begun } from "../../core/streams.ts";

describe("core/streams: a stream that is begun", () => {
  const never = new Promise<never>(() => {});

  async function all<T>(source: AsyncIterable<T>): Promise<readonly T[]> {
    const values: T[] = [];
    for await (const value of source) values.push(value);
    return values;
  }

  it("has done what comes before it is ready, and waits no longer", async () => {
    const [ready, value] = [deferred(), deferred<number>()];
    async function* source() {
      ready.resolve();
      yield await value.promise;
      yield 2;
    }
    const values = await begun(source(), ready.promise);
    value.resolve(1);
    assert.deepEqual(await all(values), [1, 2]);
  });

  it("needs no word from a source that has a value, or none", async () => {
    async function* source(...values: readonly number[]) {
      yield* values;
    }
    assert.deepEqual(await all(await begun(source(1, 2), never)), [1, 2]);
    assert.deepEqual(await all(await begun(source(), never)), []);
  });

  it("fails with its source, at once or when it is read", async () => {
    const [ready, failed] = [deferred(), deferred()];
    async function* source() {
      await failed.promise;
      yield 1;
    }
    const values = await begun(source(), Promise.resolve());
    const late = begun(source(), ready.promise);
    failed.reject(new Error("broken"));
    await assert.rejects(late, /broken/);
    await assert.rejects(all(values), /broken/);
  });

  it("ends its source when nobody reads on", async () => {
    let ended = false;
    async function* source() {
      try {
        yield 1;
        yield 2;
      } finally {
        ended = true;
      }
    }
    for await (const value of await begun(source(), never)) {
      assert.equal(value, 1);
      break;
    }
    assert.ok(ended);
  });
});
