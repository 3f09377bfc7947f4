import { divide } from "../hcl/evaluate.ts";
import { equals, TypeProblem, toBool, toNumber, toText } from "../hcl/values.ts";
import type { Functions } from "./functions.ts";

export const NUMBERS: Functions = {
  absolute: (a = 0) => Math.abs(toNumber(a)),
  add: (a = 0, b = 0) => toNumber(a) + toNumber(b),
  and: (a = false, b = false) => toBool(a) && toBool(b),
  ceil: (a = 0) => Math.ceil(toNumber(a)),
  divide: (a = 0, b = 0) => divide(toNumber(a), toNumber(b)),
  equal: (a = null, b = null) => equals(a, b),
  floor: (a = 0) => Math.floor(toNumber(a)),
  greaterthan: (a = 0, b = 0) => toNumber(a) > toNumber(b),
  greaterthanorequalto: (a = 0, b = 0) => toNumber(a) >= toNumber(b),
  int: (a = 0) => Math.trunc(toNumber(a)),
  lessthan: (a = 0, b = 0) => toNumber(a) < toNumber(b),
  lessthanorequalto: (a = 0, b = 0) => toNumber(a) <= toNumber(b),
  log: (a = 0, base = 10) => Math.log2(toNumber(a)) / Math.log2(toNumber(base)),
  max: (...all) => Math.max(...all.map(toNumber)),
  min: (...all) => Math.min(...all.map(toNumber)),
  modulo: (a = 0, b = 0) => {
    if (toNumber(b) === 0) throw new TypeProblem("division by zero");
    return toNumber(a) % toNumber(b);
  },
  multiply: (a = 0, b = 0) => toNumber(a) * toNumber(b),
  negate: (a = 0) => -toNumber(a),
  not: (a = false) => !toBool(a),
  notequal: (a = null, b = null) => !equals(a, b),
  or: (a = false, b = false) => toBool(a) || toBool(b),
  parseint: (text = "", base = 10) => {
    const number = Number.parseInt(toText(text), toNumber(base));
    if (Number.isNaN(number)) throw new TypeProblem(`cannot parse ${JSON.stringify(text)} as a number`);
    return number;
  },
  pow: (a = 0, b = 0) => toNumber(a) ** toNumber(b),
  signum: (a = 0) => Math.sign(toNumber(a)),
  subtract: (a = 0, b = 0) => toNumber(a) - toNumber(b),
};
