import { formatPlatform, hostPlatform } from "../../core/platform.ts";
import { isAttribute, merged, readAttribute, type Target } from "./attributes.ts";
import type { Definition, NamedTarget } from "./definition.ts";
import { STANDARD } from "./functions/standard.ts";
import type { At, Attribute, Block, Body, Expression, Value } from "./hcl/ast.ts";
import { evaluate, type Scope } from "./hcl/evaluate.ts";
import { invalid } from "./hcl/problem.ts";
import { isObject, TypeProblem, toList, toObject, toText } from "./hcl/values.ts";
import { addVariable, type Variable, valueOfVariable } from "./variables.ts";

type Environment = Readonly<Record<string, string | undefined>>;

const BLOCKS = ["variable", "function", "target", "group"];
/** Attributes of a target that are no part of what it is. */
const OWN = ["inherits", "matrix", "name"];
/** A matrix with more targets is a mistake. */
const MAX_TARGETS = 1000;
/** A function that calls itself does not end. */
const MAX_CALLS = 100;

/** What bake files of HCL or JSON say together. Values are found when they are asked for, in whatever order they are written. */
export class Program {
  readonly #env: Environment;
  readonly #variables = new Map<string, Variable>();
  readonly #globals = new Map<string, Attribute>();
  readonly #functions = new Map<string, Block>();
  readonly #targets: Block[] = [];
  readonly #groups: Block[] = [];
  readonly #values = new Map<string, Value>();
  readonly #open = new Set<string>();
  readonly #scope: Scope = {
    variable: (name, at) => this.#variable(name, at),
    attribute: (...path) => this.#attribute(...path),
    call: (...given) => this.#call(...given),
  };
  #calls = 0;

  constructor(bodies: readonly Body[], env: Environment) {
    this.#env = env;
    for (const { attributes, blocks } of bodies) {
      for (const attribute of attributes) this.#globals.set(attribute.name, attribute);
      for (const block of blocks) this.#add(block);
    }
  }

  #add(block: Block): void {
    const { type, labels, at } = block;
    if (!BLOCKS.includes(type))
      throw invalid(at, `unsupported block type ${type}, expected ${BLOCKS.join(", ")}`);
    const [name] = labels;
    if (name === undefined || labels.length > 1) throw invalid(at, `a ${type} has one name`);
    if (type === "variable") addVariable(this.#variables, block);
    else if (type === "function") this.#functions.set(name, block);
    else (type === "target" ? this.#targets : this.#groups).push(block);
  }

  definition(): Definition {
    const targets: NamedTarget[] = [];
    const groups: { name: string; targets: readonly string[] }[] = [];
    for (const block of this.#groups) {
      const listed = this.#part(block, "targets");
      groups.push({ name: block.labels[0] ?? "", targets: listed === undefined ? [] : this.#texts(listed) });
    }
    for (const block of this.#targets) {
      const made = this.#made(block);
      targets.push(...made);
      const name = block.labels[0] ?? "";
      if (this.#part(block, "matrix") !== undefined)
        groups.push({ name, targets: made.map((target) => target.name) });
    }
    return { groups, targets };
  }

  /** The variables with their values and what is said of them, by name. */
  variables(): readonly { readonly name: string; readonly value: Value; readonly description: string }[] {
    return [...this.#variables.values()].map(({ name, description, block }) => ({
      name,
      value: this.#variable(name, block.at) ?? null,
      description: description === undefined ? "" : toText(evaluate(description, this.#scope)),
    }));
  }

  #made(block: Block): readonly NamedTarget[] {
    const written = block.labels[0] ?? "";
    const matrix = this.#part(block, "matrix");
    const named = this.#part(block, "name");
    if (matrix === undefined) return [this.#target(block, written, this.#scope)];
    if (named === undefined)
      throw invalid(block.at, `target ${written} has a matrix but no name for its targets`);
    return this.#rows(matrix).map((row) => {
      const scope: Scope = {
        ...this.#scope,
        variable: (name, at) => (Object.hasOwn(row, name) ? row[name] : this.#scope.variable(name, at)),
      };
      return this.#target(block, toText(evaluate(named, scope)), scope);
    });
  }

  #target(block: Block, name: string, scope: Scope): NamedTarget {
    if (!/^[a-zA-Z0-9_-]+$/.test(name))
      throw invalid(
        block.at,
        `invalid name ${JSON.stringify(name)}: only letters, digits, "_" and "-" are allowed`,
      );
    let target: Target = {};
    for (const attribute of block.body.attributes)
      if (!OWN.includes(attribute.name)) target = merged(target, this.#read(attribute, scope));
    const inherits = this.#part(block, "inherits");
    return { name, target, inherits: inherits === undefined ? [] : this.#texts(inherits, scope) };
  }

  #read({ name, value, at }: Attribute, scope: Scope): Target {
    if (!isAttribute(name)) throw invalid(at, `unsupported attribute ${name} of a target`);
    try {
      return readAttribute(name, evaluate(value, scope));
    } catch (error) {
      if (error instanceof TypeProblem) throw invalid(at, `${name}: ${error.message}`);
      throw error;
    }
  }

  #rows(matrix: Expression): readonly Readonly<Record<string, Value>>[] {
    const value = toObject(evaluate(matrix, this.#scope));
    let rows: readonly Readonly<Record<string, Value>>[] = [{}];
    for (const [name, list] of Object.entries(value)) {
      rows = rows.flatMap((row) => toList(list).map((item) => ({ ...row, [name]: item })));
      if (rows.length > MAX_TARGETS) throw invalid(matrix.at, `a matrix of more than ${MAX_TARGETS} targets`);
    }
    return rows;
  }

  #part({ body }: Block, wanted: string): Expression | undefined {
    return body.attributes.findLast(({ name }) => name === wanted)?.value;
  }

  #texts(expression: Expression, scope = this.#scope): readonly string[] {
    return toList(evaluate(expression, scope)).map(toText);
  }

  #variable(name: string, at: At): Value | undefined {
    const known = this.#values.get(name);
    if (known !== undefined) return known;
    if (this.#open.has(name)) throw invalid(at, `variable cycle not allowed for ${name}`);
    this.#open.add(name);
    try {
      const value = this.#found(name);
      if (value !== undefined) this.#values.set(name, value);
      return value;
    } finally {
      this.#open.delete(name);
    }
  }

  #found(name: string): Value | undefined {
    const variable = this.#variables.get(name);
    if (variable !== undefined) return valueOfVariable(variable, this.#scope, this.#env);
    const global = this.#globals.get(name);
    if (global !== undefined) return evaluate(global.value, this.#scope);
    if (name === "BAKE_CMD_CONTEXT") return ".";
    return name === "BAKE_LOCAL_PLATFORM" ? formatPlatform(hostPlatform()) : undefined;
  }

  /** What was written last for an attribute of a target, without what it inherits. */
  #attribute(type: string, name: string, attribute: string): Value | undefined {
    if (this.#variables.has(type) || this.#globals.has(type)) return undefined;
    const blocks = this.#targets.filter(({ labels }) => labels[0] === name);
    if (blocks.length === 0) return undefined;
    const written = blocks.map((block) => this.#part(block, attribute)).findLast(Boolean);
    if (written === undefined) return null;
    const key = `target.${name}.${attribute}`;
    if (this.#open.has(key)) throw invalid(written.at, `variable cycle not allowed for ${key}`);
    this.#open.add(key);
    try {
      return evaluate(written, this.#scope);
    } finally {
      this.#open.delete(key);
    }
  }

  #call(name: string, args: readonly Value[], at: At): Value {
    const own = this.#functions.get(name);
    if (own !== undefined) return this.#callOwn(own, args, at);
    const known = Object.hasOwn(STANDARD, name) ? STANDARD[name] : undefined;
    if (known === undefined) throw invalid(at, `there is no function named ${JSON.stringify(name)}`);
    return known(...args);
  }

  #callOwn(block: Block, args: readonly Value[], at: At): Value {
    const params = parameterNames(this.#part(block, "params"));
    const [rest] = parameterNames(this.#part(block, "variadic_params"));
    const result = this.#part(block, "result");
    if (result === undefined) throw invalid(block.at, "a function has a result");
    const name = block.labels[0] ?? "";
    if (args.length < params.length || (rest === undefined && args.length > params.length))
      throw invalid(at, `${name}() takes ${params.length} arguments, got ${args.length}`);
    const given: Record<string, Value> = Object.fromEntries(
      params.map((param, i) => [param, args[i] ?? null]),
    );
    if (rest !== undefined) given[rest] = args.slice(params.length);
    if (++this.#calls > MAX_CALLS) throw invalid(at, `${name}() calls itself without an end`);
    try {
      return evaluate(result, {
        ...this.#scope,
        variable: (wanted, place) =>
          Object.hasOwn(given, wanted) ? given[wanted] : this.#scope.variable(wanted, place),
      });
    } finally {
      this.#calls--;
    }
  }
}

/** `params = [a, b]`: names, not values; in JSON they are texts. */
function parameterNames(expression: Expression | undefined): readonly string[] {
  const items =
    expression?.kind === "tuple" ? expression.items : expression === undefined ? [] : [expression];
  return items.flatMap((item) => {
    if (item.kind === "variable") return [item.name];
    return item.kind === "literal" && !isObject(item.value) ? [toText(item.value)] : [];
  });
}
