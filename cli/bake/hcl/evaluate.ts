import {
  type At,
  type Expression,
  type ForExpression,
  SPLAT_ELEMENT,
  type TemplatePart,
  type Value,
} from "./ast.ts";
import { invalid } from "./problem.ts";
import {
  equals,
  isList,
  lookUp,
  type Obj,
  sortedEntries,
  TypeProblem,
  toBool,
  toNumber,
  toObject,
  toText,
} from "./values.ts";

/** What names mean. */
export interface Scope {
  /** Undefined for a name that is not known. */
  variable(name: string, at: At): Value | undefined;
  /** `target.NAME.ATTRIBUTE`; undefined where there is no such thing. */
  attribute(block: string, name: string, attribute: string): Value | undefined;
  call(name: string, args: readonly Value[], at: At): Value;
}

type Of<K extends Expression["kind"]> = Extract<Expression, { readonly kind: K }>;
type Evaluators = { readonly [K in Expression["kind"]]: (expression: Of<K>, scope: Scope) => Value };

/** What is made by one evaluation at most: items of loops. */
const MAX_ITEMS = 100_000;

const EVALUATORS: Evaluators = {
  literal: ({ value }) => value,
  template: ({ parts }, scope) => textOf(parts, scope),
  variable: ({ name, at }, scope) => {
    const found = scope.variable(name, at);
    if (found === undefined) throw new TypeProblem(`there is no variable named ${JSON.stringify(name)}`);
    return found;
  },
  get: (expression, scope) => {
    const found = attributeOf(expression, scope);
    if (found !== undefined) return found;
    return lookUp(evaluate(expression.of, scope), evaluate(expression.key, scope));
  },
  splat: ({ of, each }, scope) => {
    const value = evaluate(of, scope);
    const items = isList(value) ? value : value === null ? [] : [value];
    return items.map((item) => evaluate(each, within(scope, { [SPLAT_ELEMENT]: item })));
  },
  call: (expression, scope) => call(expression, scope),
  unary: ({ operator, of }, scope) =>
    operator === "!" ? !toBool(evaluate(of, scope)) : -toNumber(evaluate(of, scope)),
  binary: ({ operator, left, right }, scope) => {
    const apply = OPERATORS[operator];
    if (apply === undefined) throw new RangeError(`an operator that is not one: ${operator}`);
    return apply(evaluate(left, scope), evaluate(right, scope));
  },
  conditional: ({ test, yes, no }, scope) => evaluate(toBool(evaluate(test, scope)) ? yes : no, scope),
  tuple: ({ items }, scope) => items.map((item) => evaluate(item, scope)),
  object: ({ items }, scope) =>
    Object.fromEntries(items.map(([key, value]) => [toText(evaluate(key, scope)), evaluate(value, scope)])),
  for: (expression, scope) => forValue(expression, scope),
};

const OPERATORS: Readonly<Record<string, (a: Value, b: Value) => Value>> = {
  "||": (a, b) => toBool(a) || toBool(b),
  "&&": (a, b) => toBool(a) && toBool(b),
  "==": equals,
  "!=": (a, b) => !equals(a, b),
  "<": (a, b) => toNumber(a) < toNumber(b),
  "<=": (a, b) => toNumber(a) <= toNumber(b),
  ">": (a, b) => toNumber(a) > toNumber(b),
  ">=": (a, b) => toNumber(a) >= toNumber(b),
  "+": (a, b) => toNumber(a) + toNumber(b),
  "-": (a, b) => toNumber(a) - toNumber(b),
  "*": (a, b) => toNumber(a) * toNumber(b),
  "/": (a, b) => divide(toNumber(a), toNumber(b)),
  "%": (a, b) => toNumber(a) % nonZero(toNumber(b)),
};

export const divide = (a: number, b: number): number => a / nonZero(b);

function nonZero(number: number): number {
  if (number === 0) throw new TypeProblem("division by zero");
  return number;
}

/** The value of an expression. Throws BAKE_FILE_INVALID with its place. */
export function evaluate(expression: Expression, scope: Scope): Value {
  try {
    return (EVALUATORS[expression.kind] as Evaluators[typeof expression.kind])(expression as never, scope);
  } catch (error) {
    if (error instanceof TypeProblem) throw invalid(expression.at, error.message);
    throw error;
  }
}

/** Functions that are asked before their arguments are known to have values. */
const LAZY: Readonly<Record<string, (expression: Of<"call">, scope: Scope) => Value>> = {
  can: ({ args }, scope) => args.every((arg) => attempt(arg, scope) !== undefined),
  try: ({ args }, scope) => {
    for (const arg of args) {
      const value = attempt(arg, scope);
      if (value !== undefined) return value;
    }
    throw new TypeProblem("no argument of try() has a value");
  },
  convert: ({ args: [of, type] }, scope) => {
    const value = of === undefined ? null : evaluate(of, scope);
    const convert = type?.kind === "variable" ? CONVERSIONS[type.name] : undefined;
    if (convert === undefined) throw new TypeProblem("convert() takes a value, and string, number or bool");
    return convert(value);
  },
};
const CONVERSIONS: Readonly<Record<string, (value: Value) => Value>> = {
  string: toText,
  number: toNumber,
  bool: toBool,
};

function attempt(expression: Expression, scope: Scope): Value | undefined {
  try {
    return evaluate(expression, scope);
  } catch {
    return undefined;
  }
}

function call(expression: Of<"call">, scope: Scope): Value {
  const lazy = Object.hasOwn(LAZY, expression.name) ? LAZY[expression.name] : undefined;
  if (lazy !== undefined) return lazy(expression, scope);
  const args = expression.args.map((arg) => evaluate(arg, scope));
  if (!expression.spread) return scope.call(expression.name, args, expression.at);
  const last = args.pop() ?? null;
  if (!isList(last)) throw new TypeProblem("only a list can be spread over arguments");
  return scope.call(expression.name, [...args, ...last], expression.at);
}

/** `target.app.tags`, unless "target" is a variable. */
function attributeOf({ of, key }: Of<"get">, scope: Scope): Value | undefined {
  if (of.kind !== "get" || of.of.kind !== "variable" || key.kind !== "literal") return undefined;
  if (of.key.kind !== "literal" || of.of.name !== "target") return undefined;
  return scope.attribute(of.of.name, toText(of.key.value), toText(key.value));
}

function within(scope: Scope, names: Obj): Scope {
  return {
    variable: (name, at) => (Object.hasOwn(names, name) ? names[name] : scope.variable(name, at)),
    attribute: (...path) => scope.attribute(...path),
    call: (...given) => scope.call(...given),
  };
}

/** The scope of each turn of a loop. */
function turns({ names, over }: Pick<ForExpression, "names" | "over">, scope: Scope): readonly Scope[] {
  const value = evaluate(over, scope);
  const entries: readonly (readonly [Value, Value])[] = isList(value)
    ? value.map((item, i) => [i, item] as const)
    : sortedEntries(toObject(value));
  if (entries.length > MAX_ITEMS) throw new TypeProblem(`a loop over more than ${MAX_ITEMS} items`);
  const [first = "", second] = names;
  return entries.map(([key, item]) =>
    within(scope, second === undefined ? { [first]: item } : { [first]: key, [second]: item }),
  );
}

function forValue(expression: ForExpression, scope: Scope): Value {
  const { key, value, condition, grouped } = expression;
  const chosen = turns(expression, scope).filter(
    (turn) => condition === undefined || toBool(evaluate(condition, turn)),
  );
  if (key === undefined) return chosen.map((turn) => evaluate(value, turn));
  const made = new Map<string, Value>();
  for (const turn of chosen) {
    const name = toText(evaluate(key, turn));
    const item = evaluate(value, turn);
    const former = made.get(name);
    if (former !== undefined && !grouped)
      throw new TypeProblem(`two values for the key ${JSON.stringify(name)}`);
    made.set(name, grouped ? [...(former === undefined ? [] : (former as readonly Value[])), item] : item);
  }
  return Object.fromEntries(made);
}

function textOf(parts: readonly TemplatePart[], scope: Scope): string {
  return parts.map((part) => partText(part, scope)).join("");
}

function partText(part: TemplatePart, scope: Scope): string {
  switch (part.kind) {
    case "text":
      return part.text;
    case "value":
      return toText(evaluate(part.of, scope));
    case "if":
      return textOf(toBool(evaluate(part.test, scope)) ? part.yes : part.no, scope);
    case "for":
      return turns(part, scope)
        .map((turn) => textOf(part.body, turn))
        .join("");
  }
}
