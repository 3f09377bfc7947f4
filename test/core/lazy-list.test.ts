import assert from "node:assert/strict";
import { LazyList } from "../../core/lazy-list.ts";

describe("a lazy list", () => {
  const squares = new LazyList(5, (i) => i * i);

  it("gives its elements in order, and nothing outside of it", () => {
    assert.deepEqual([...squares], [0, 1, 4, 9, 16]);
    assert.deepEqual(
      [-1, 0, 4, 5].map((index) => squares.at(index)),
      [undefined, 0, 16, undefined],
    );
    assert.deepEqual(
      [...squares.filter((square) => square > 3).entries()],
      [
        [0, 4],
        [1, 9],
        [2, 16],
      ],
    );
  });

  it("makes an element when it is asked for, and each time", () => {
    let made = 0;
    const words = squares.map((square, i) => `${i}:${square}`).map((word) => `${word} ${++made}`);
    assert.equal(made, 0);
    assert.deepEqual([words.at(2), words.at(2)], ["2:4 1", "2:4 2"]);
  });

  it("joins lists, empty ones among them", () => {
    const joined = LazyList.join([[], [7, 8], squares.slice(0, 0), squares, [9], []]);
    assert.deepEqual([...joined], [7, 8, 0, 1, 4, 9, 16, 9]);
    assert.equal(joined.at(joined.length), undefined);
    assert.deepEqual([...joined.pick([7, 0])], [9, 7]);
  });
});
