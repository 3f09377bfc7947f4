import type { Expression, ForExpression } from "./ast.ts";
import { SPLAT_ELEMENT } from "./ast.ts";
import type { Scanner } from "./scanner.ts";
import { type Grammar, readHeredoc, readQuoted } from "./template.ts";

/** Weakest first; those of a line bind equally. */
const LEVELS: readonly (readonly string[])[] = [
  ["||"],
  ["&&"],
  ["==", "!="],
  ["<", "<=", ">", ">="],
  ["+", "-"],
  ["*", "/", "%"],
];
const WORDS: Readonly<Record<string, true | false | null>> = { true: true, false: false, null: null };
/** A file that is deeper nested is no file that somebody wrote. */
const MAX_DEPTH = 200;

/** Reads an expression. Throws BAKE_FILE_INVALID. */
export function readExpression(scanner: Scanner, depth = 0): Expression {
  if (depth > MAX_DEPTH) throw scanner.problem("expressions are nested too deeply");
  const at = scanner.at();
  const test = readBinary(scanner, 0, depth);
  if (scanner.mark("?") === undefined) return test;
  const yes = readExpression(scanner, depth + 1);
  scanner.expect(":");
  return { kind: "conditional", test, yes, no: readExpression(scanner, depth + 1), at };
}

function readBinary(scanner: Scanner, level: number, depth: number): Expression {
  const operators = LEVELS[level];
  if (operators === undefined) return readUnary(scanner, depth);
  let left = readBinary(scanner, level + 1, depth);
  for (;;) {
    const at = scanner.at();
    const operator = scanner.mark(...operators);
    if (operator === undefined) return left;
    left = { kind: "binary", operator, left, right: readBinary(scanner, level + 1, depth), at };
  }
}

function readUnary(scanner: Scanner, depth: number): Expression {
  const at = scanner.at();
  const operator = scanner.mark("-", "!");
  if (operator === undefined) return readPostfix(scanner, readPrimary(scanner, depth), depth);
  if (depth > MAX_DEPTH) throw scanner.problem("expressions are nested too deeply");
  return { kind: "unary", operator, of: readUnary(scanner, depth + 1), at };
}

function readPrimary(scanner: Scanner, depth: number): Expression {
  scanner.skip();
  const at = scanner.at();
  const number = scanner.number();
  if (number !== undefined) return { kind: "literal", value: number, at };
  const text = readQuoted(scanner, GRAMMAR, depth) ?? readHeredoc(scanner, GRAMMAR, depth);
  if (text !== undefined) return text;
  if (scanner.mark("(") !== undefined) return scanner.within(")", () => readExpression(scanner, depth + 1));
  if (scanner.mark("[") !== undefined) return readTuple(scanner, depth);
  if (scanner.mark("{") !== undefined) return readObject(scanner, depth);
  const name = scanner.identifier();
  if (name === undefined) throw scanner.problem(`expected an expression, found ${scanner.here()}`);
  if (scanner.mark("(") !== undefined) return readCall(scanner, name, depth);
  const word = Object.hasOwn(WORDS, name) ? WORDS[name] : undefined;
  return word === undefined ? { kind: "variable", name, at } : { kind: "literal", value: word, at };
}

function readCall(scanner: Scanner, name: string, depth: number): Expression {
  const at = scanner.at();
  return scanner.within(")", () => {
    const args: Expression[] = [];
    let spread = false;
    for (scanner.skip(); scanner.text[scanner.position] !== ")"; scanner.skip()) {
      args.push(readExpression(scanner, depth + 1));
      if (scanner.mark("...") !== undefined) spread = true;
      if (spread || scanner.mark(",") === undefined) break;
    }
    return { kind: "call", name, args, spread, at };
  });
}

function readPostfix(scanner: Scanner, primary: Expression, depth: number): Expression {
  let of = primary;
  for (;;) {
    const at = scanner.at();
    if (scanner.mark(".") !== undefined) {
      if (scanner.mark("*") !== undefined) return readSplat(scanner, of, depth);
      of = { kind: "get", of, key: readName(scanner), at };
    } else if (scanner.mark("[") !== undefined) {
      const isSplat = scanner.mark("*") !== undefined;
      const key = scanner.within("]", () => (isSplat ? undefined : readExpression(scanner, depth + 1)));
      if (key === undefined) return readSplat(scanner, of, depth);
      of = { kind: "get", of, key, at };
    } else return of;
  }
}

function readSplat(scanner: Scanner, of: Expression, depth: number): Expression {
  const at = scanner.at();
  const element: Expression = { kind: "variable", name: SPLAT_ELEMENT, at };
  return { kind: "splat", of, each: readPostfix(scanner, element, depth + 1), at };
}

function readName(scanner: Scanner): Expression {
  const at = scanner.at();
  const value = scanner.identifier() ?? scanner.number();
  if (value === undefined) throw scanner.problem(`expected a name, found ${scanner.here()}`);
  return { kind: "literal", value, at };
}

function readTuple(scanner: Scanner, depth: number): Expression {
  const at = scanner.at();
  return scanner.within("]", () => {
    if (scanner.word("for")) return readFor(scanner, depth, false);
    const items: Expression[] = [];
    for (scanner.skip(); scanner.text[scanner.position] !== "]"; scanner.skip()) {
      items.push(readExpression(scanner, depth + 1));
      if (scanner.mark(",") === undefined) break;
    }
    return { kind: "tuple", items, at };
  });
}

function readObject(scanner: Scanner, depth: number): Expression {
  const at = scanner.at();
  return scanner.within("}", () => {
    if (scanner.word("for")) return readFor(scanner, depth, true);
    const items: [Expression, Expression][] = [];
    for (scanner.skip(); scanner.text[scanner.position] !== "}"; scanner.skip()) {
      const key = readKey(scanner, depth);
      if (scanner.mark("=", ":") === undefined)
        throw scanner.problem(`expected "=", found ${scanner.here()}`);
      // The end of a line ends an item.
      items.push([key, scanner.unbracketed(() => readExpression(scanner, depth + 1))]);
      scanner.unbracketed(() => scanner.mark(","));
    }
    return { kind: "object", items, at };
  });
}

/** A bare word is its own name; what is in parentheses is evaluated. */
function readKey(scanner: Scanner, depth: number): Expression {
  const at = scanner.at();
  const name = scanner.identifier();
  return name === undefined ? readExpression(scanner, depth + 1) : { kind: "literal", value: name, at };
}

/** After the word "for". */
function readFor(scanner: Scanner, depth: number, isObject: boolean): ForExpression {
  const at = scanner.at();
  const { names, over } = readForIntroduction(scanner, depth);
  scanner.expect(":");
  const first = readExpression(scanner, depth + 1);
  if (isObject) scanner.expect("=>");
  const value = isObject ? readExpression(scanner, depth + 1) : first;
  const grouped = isObject && scanner.mark("...") !== undefined;
  const condition = scanner.word("if") ? readExpression(scanner, depth + 1) : undefined;
  return {
    kind: "for",
    names,
    over,
    value,
    grouped,
    at,
    ...(isObject ? { key: first } : {}),
    ...(condition === undefined ? {} : { condition }),
  };
}

/** "k, v in LIST", of expressions and of templates. */
function readForIntroduction(scanner: Scanner, depth: number): Pick<ForExpression, "names" | "over"> {
  const names: string[] = [];
  do {
    const name = scanner.identifier();
    if (name === undefined) throw scanner.problem(`expected a name, found ${scanner.here()}`);
    names.push(name);
  } while (scanner.mark(",") !== undefined);
  if (!scanner.word("in")) throw scanner.problem(`expected "in", found ${scanner.here()}`);
  return { names, over: readExpression(scanner, depth + 1) };
}

export const GRAMMAR: Grammar = { expression: readExpression, forIntroduction: readForIntroduction };
