import type { Value } from "../hcl/ast.ts";
import {
  equals,
  isList,
  isObject,
  type List,
  lookUp,
  sortedEntries,
  TypeProblem,
  toJson,
  toList,
  toNumber,
  toObject,
  toText,
} from "../hcl/values.ts";
import type { Functions } from "./functions.ts";

const MAX_ITEMS = 100_000;

const distinct = (list: List): List => [...new Map(list.map((item) => [toJson(item), item])).values()];
const has = (list: List, wanted: Value): boolean => list.some((item) => equals(item, wanted));
const flattened = (list: List): List => list.flatMap((item) => (isList(item) ? flattened(item) : [item]));
const sorted = (list: List): List =>
  [...list].sort((a, b) => (toText(a) < toText(b) ? -1 : Number(toText(a) > toText(b))));

function atLeastOne(list: List): List {
  if (list.length === 0) throw new TypeProblem("an empty list has no elements");
  return list;
}

function range(...given: readonly Value[]): List {
  const numbers = given.map(toNumber);
  const [start = 0, end = 0, step = end < start ? -1 : 1] = numbers.length === 1 ? [0, ...numbers] : numbers;
  const count = Math.max(0, Math.ceil((end - start) / step));
  if (!(count <= MAX_ITEMS)) throw new TypeProblem(`a range of more than ${MAX_ITEMS} numbers`);
  return Array.from({ length: count }, (_, i) => start + i * step);
}

function product(lists: readonly List[]): List {
  const total = lists.reduce((count, list) => count * list.length, 1);
  if (total > MAX_ITEMS) throw new TypeProblem(`a product of more than ${MAX_ITEMS} items`);
  return lists.reduce<readonly (readonly Value[])[]>(
    (made, list) => made.flatMap((row) => list.map((item) => [...row, item])),
    [[]],
  );
}

const sizeOf = (value: Value): number =>
  isObject(value)
    ? Object.keys(value).length
    : typeof value === "string"
      ? value.length
      : toList(value).length;

export const LISTS: Functions = {
  chunklist: (list = [], size = 1) => {
    const [items, step] = [toList(list), Math.max(1, toNumber(size))];
    return Array.from({ length: Math.ceil(items.length / step) }, (_, i) =>
      items.slice(i * step, (i + 1) * step),
    );
  },
  coalesce: (...all) => all.find((value) => value !== null) ?? null,
  coalescelist: (...all) => all.find((value) => isList(value) && value.length > 0) ?? [],
  compact: (list = []) => toList(list).filter((item) => item !== "" && item !== null),
  concat: (...lists) => lists.flatMap((list) => toList(list)),
  contains: (list = [], item = null) => has(toList(list), item),
  distinct: (list = []) => distinct(toList(list)),
  element: (list = [], i = 0) => {
    const items = atLeastOne(toList(list));
    return items[((toNumber(i) % items.length) + items.length) % items.length] ?? null;
  },
  flatten: (list = []) => flattened(toList(list)),
  hasindex: (of = [], key = 0) =>
    isList(of) ? of[Number(key)] !== undefined : Object.hasOwn(toObject(of), toText(key)),
  index: (of = [], key = 0) => lookUp(of, key),
  indexof: (list = [], item = null) => {
    const found = toList(list).findIndex((each) => equals(each, item));
    if (found === -1) throw new TypeProblem(`item not found: ${JSON.stringify(item)}`);
    return found;
  },
  keys: (of = {}) => sortedEntries(toObject(of)).map(([key]) => key),
  length: (of = []) => sizeOf(of),
  lookup: (of = {}, key = "", fallback = null) => toObject(of)[toText(key)] ?? fallback,
  merge: (...all) => Object.assign({}, ...all.filter((one) => one !== null).map(toObject)) as Value,
  range,
  reverselist: (list = []) => toList(list).toReversed(),
  sethaselement: (list = [], item = null) => has(toList(list), item),
  setintersection: (first = [], ...rest) =>
    sorted(distinct(toList(first).filter((item) => rest.every((list) => has(toList(list), item))))),
  setproduct: (...lists) => product(lists.map(toList)),
  setsubtract: (a = [], b = []) => sorted(distinct(toList(a).filter((item) => !has(toList(b), item)))),
  setsymmetricdifference: (a = [], b = []) =>
    sorted(
      distinct([
        ...toList(a).filter((item) => !has(toList(b), item)),
        ...toList(b).filter((item) => !has(toList(a), item)),
      ]),
    ),
  setunion: (...lists) => sorted(distinct(lists.flatMap((list) => toList(list)))),
  slice: (list = [], start = 0, end = Number.MAX_SAFE_INTEGER) =>
    toList(list).slice(toNumber(start), toNumber(end)),
  sort: (list = []) => sorted(toList(list)),
  values: (of = {}) => sortedEntries(toObject(of)).map(([, value]) => value),
  zipmap: (keys = [], values = []) =>
    Object.fromEntries(toList(keys).map((key, i) => [toText(key), toList(values)[i] ?? null])),
};
