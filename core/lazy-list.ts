/** What an array and a lazy list have in common. */
export interface Sequence<T> extends Iterable<T> {
  readonly length: number;
}

/** A list whose elements are made each time they are asked for: a hundred thousand of them take no more memory than what they are made of. */
export class LazyList<T> implements Sequence<T> {
  readonly length: number;
  readonly #make: (index: number) => T;

  /** `make` is asked for indexes from 0 to `length` - 1 only. */
  constructor(length: number, make: (index: number) => T) {
    this.length = length;
    this.#make = make;
  }

  /** The elements of all lists, one list behind the other. */
  static join<T>(lists: readonly (LazyList<T> | readonly T[])[]): LazyList<T> {
    let length = 0;
    const ends = lists.map((list) => (length += list.length));
    return new LazyList(length, (index) => {
      const list = firstAbove(ends, index);
      return lists[list]?.at(index - (ends[list - 1] ?? 0)) as T;
    });
  }

  at(index: number): T | undefined {
    return index >= 0 && index < this.length ? this.#make(index) : undefined;
  }

  *[Symbol.iterator](): Generator<T> {
    for (let index = 0; index < this.length; index++) yield this.#make(index);
  }

  *entries(): Generator<readonly [index: number, element: T]> {
    for (let index = 0; index < this.length; index++) yield [index, this.#make(index)];
  }

  /** What `change` makes of each element, when it is asked for. */
  map<U>(change: (element: T, index: number) => U): LazyList<U> {
    return new LazyList(this.length, (index) => change(this.#make(index), index));
  }

  /** The elements that are kept, decided now. */
  filter(keeps: (element: T, index: number) => boolean): LazyList<T> {
    const kept: number[] = [];
    for (let index = 0; index < this.length; index++) if (keeps(this.#make(index), index)) kept.push(index);
    return this.pick(kept);
  }

  slice(start: number, end: number): LazyList<T> {
    return new LazyList(Math.min(end, this.length) - start, (index) => this.#make(start + index));
  }

  /** The elements at these indexes. */
  pick(indexes: readonly number[]): LazyList<T> {
    return new LazyList(indexes.length, (index) => this.#make(indexes[index] ?? 0));
  }
}

/** Where the first of the ascending `numbers` is that is larger than `limit`. */
function firstAbove(numbers: readonly number[], limit: number): number {
  let [low, high] = [0, numbers.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((numbers[middle] ?? 0) > limit) high = middle;
    else low = middle + 1;
  }
  return low;
}
