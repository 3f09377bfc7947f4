import { parseDuration } from "../../../core/duration.ts";
import { Failure } from "../../../core/errors.ts";
import { parseMoment } from "../../../core/moment.ts";
import type { BuildRecord } from "../../build-history-api.ts";
import { unknownFilter } from "../../filters.ts";

type Test = (record: BuildRecord) => boolean;

const EQUALITY = ["=", "!="] as const;
const ORDER = ["<=", "<", ">=", ">"] as const;
type Equality = (typeof EQUALITY)[number];
type Order = (typeof ORDER)[number];

const COMPARE: Readonly<Record<Order, (a: number, b: number) => boolean>> = {
  "<=": (a, b) => a <= b,
  "<": (a, b) => a < b,
  ">=": (a, b) => a >= b,
  ">": (a, b) => a > b,
};

/** What is compared, and whether "=" asks for a part of it only. */
const TEXTS: Readonly<
  Record<string, { readonly of: (record: BuildRecord) => string; readonly part: boolean }>
> = {
  ref: { of: ({ ref }) => ref, part: true },
  repository: { of: ({ asked }) => (asked.context.includes("://") ? asked.context : ""), part: true },
  status: { of: ({ status }) => status, part: false },
};
const moment = (text: string): number | undefined => parseMoment(text, Date.now())?.getTime();
const NUMBERS: Readonly<
  Record<string, { readonly of: (record: BuildRecord) => number | undefined; readonly read: typeof moment }>
> = {
  startedAt: { of: ({ startedAt }) => startedAt.getTime(), read: moment },
  completedAt: { of: ({ completedAt }) => completedAt?.getTime(), read: moment },
  duration: { of: ({ duration }) => duration, read: parseDuration },
};

/** Compiles filters of `docker buildx history ls`: all must hold. Throws FILTER_UNKNOWN, OPTION_INVALID. */
export function compileBuildFilters(filters: readonly string[] = []): Test {
  const tests = filters.map(compile);
  return (record) => tests.every((test) => test(record));
}

function compile(filter: string): Test {
  const [, key, sign, value] = /^([^=!<>]+)(!=|<=|>=|=|<|>)(.*)$/s.exec(filter) ?? [];
  if (key === undefined || sign === undefined || value === undefined) throw invalid(filter, "key=value");
  if (Object.hasOwn(TEXTS, key)) return textTest(filter, { key, sign, value });
  if (Object.hasOwn(NUMBERS, key)) return numberTest(filter, { key, sign, value });
  throw unknownFilter(key, [...Object.keys(TEXTS), ...Object.keys(NUMBERS)]);
}

interface Parts {
  readonly key: string;
  readonly sign: string;
  readonly value: string;
}

function textTest(filter: string, { key, sign, value }: Parts): Test {
  if (!EQUALITY.includes(sign as Equality)) throw invalid(filter, `${key} with = or !=`);
  const { of, part } = TEXTS[key] as (typeof TEXTS)[string];
  return (record) => {
    const text = of(record);
    return sign === "!=" ? text !== value : part ? text.includes(value) : text === value;
  };
}

function numberTest(filter: string, { key, sign, value }: Parts): Test {
  if (!ORDER.includes(sign as Order)) throw invalid(filter, `${key} with <, <=, > or >=`);
  const { of, read } = NUMBERS[key] as (typeof NUMBERS)[string];
  const bound = read(value);
  if (bound === undefined) throw invalid(filter, `${key} with a timestamp or a duration`);
  return (record) => {
    const number = of(record);
    return number !== undefined && COMPARE[sign as Order](number, bound);
  };
}

const invalid = (filter: string, want: string): Failure =>
  new Failure("OPTION_INVALID", { option: "--filter", got: filter, want });
