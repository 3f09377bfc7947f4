import { evaluationError } from "./failure.ts";
import { type Functions, LAZY } from "./functions.ts";
import type { Command, Node, Operand, Pipeline, Template } from "./syntax.ts";
import { isList, isMap, isMethod, isNil, isTrue, kindOf, sortedKeys, write } from "./values.ts";

/** Fields of Docker's documents that are maps of the user's keys: an unknown key there is no mistake. */
const OPEN_MAPS = new Set(
  "Annotations ContainerLabels Containers Data DriverOpts ExposedPorts Labels Networks Options PortBindings Ports StorageOpt Sysctls Tmpfs Volumes".split(
    " ",
  ),
);
/** A template may call itself; Go stops at this depth too. */
const MAX_DEPTH = 1000;

type Scope = { readonly names: Map<string, { value: unknown }>; readonly outer: Scope | undefined };
type Flow = "next" | "break" | "continue";

/** Writes the template for one value. Throws TEMPLATE_INVALID where Go's execution fails. */
export function evaluate(template: Template, value: unknown, functions: Functions): string {
  return new Evaluation(template, functions).run(template.body, value);
}

class Evaluation {
  readonly #template: Template;
  readonly #functions: Functions;
  readonly #openMaps = new WeakSet<object>();
  #output: string[] = [];
  #depth = 0;

  constructor(template: Template, functions: Functions) {
    this.#template = template;
    this.#functions = functions;
  }

  run(body: readonly Node[], value: unknown): string {
    this.#walk(body, value, { names: new Map([["$", { value }]]), outer: undefined });
    return this.#output.join("");
  }

  // ── nodes ─────────────────────────────────────────────────────────────────────────────────────────
  #walk(nodes: readonly Node[], dot: unknown, scope: Scope): Flow {
    for (const node of nodes) {
      const flow = this.#node(node, dot, scope);
      if (flow !== "next") return flow;
    }
    return "next";
  }

  #node(node: Node, dot: unknown, scope: Scope): Flow {
    if (node.kind === "text") this.#output.push(node.text);
    else if (node.kind === "action") {
      const value = this.#pipeline(node.pipeline, dot, scope);
      if (node.pipeline.variables.length === 0) this.#output.push(write(value));
    } else if (node.kind === "range") this.#range(node, dot, scope);
    else if (node.kind === "template") this.#call(node, dot, scope);
    else if (node.kind === "break" || node.kind === "continue") return node.kind;
    else return this.#condition(node, dot, scope);
    return "next";
  }

  #condition(node: Extract<Node, { pipeline: Pipeline; body: unknown }>, dot: unknown, outer: Scope): Flow {
    const scope = inner(outer);
    const value = this.#pipeline(node.pipeline, dot, scope);
    const inside = node.kind === "with" ? value : dot;
    return isTrue(value) ? this.#walk(node.body, inside, scope) : this.#walk(node.otherwise, dot, scope);
  }

  #range(node: Extract<Node, { pipeline: Pipeline; body: unknown }>, dot: unknown, outer: Scope): void {
    const scope = inner(outer);
    const { variables, commands, assign } = node.pipeline;
    const over = this.#pipeline({ ...node.pipeline, variables: [] }, dot, scope);
    const items = this.#items(over, commands[0]);
    if (items.length === 0) {
      this.#walk(node.otherwise, dot, scope);
      return;
    }
    for (const [key, value] of items) {
      const each = inner(scope);
      const values = variables.length === 2 ? [key, value] : [value];
      for (const [i, name] of variables.entries()) set(each, name, values[i], assign);
      if (this.#walk(node.body, value, each) === "break") break;
    }
  }

  #items(over: unknown, place: Command | undefined): readonly (readonly [unknown, unknown])[] {
    if (isNil(over)) return [];
    if (isList(over)) return over.map((value, i) => [i, value]);
    if (isMap(over)) return sortedKeys(over).map((key) => [key, over[key]]);
    if (typeof over === "number" && Number.isInteger(over))
      return Array.from({ length: over }, (_, i) => [i, i]);
    throw this.#error(place ?? { at: 0, text: "" }, `range can't iterate over ${write(over)}`);
  }

  #call(node: Extract<Node, { kind: "template" }>, dot: unknown, scope: Scope): void {
    const body = this.#template.named.get(node.name);
    if (body === undefined)
      throw this.#error(node.place, `template ${JSON.stringify(node.name)} not defined`);
    const value = node.argument === undefined ? undefined : this.#pipeline(node.argument, dot, scope);
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH)
      throw this.#error(node.place, `exceeded maximum template depth (${MAX_DEPTH})`);
    this.#walk(body, value, { names: new Map([["$", { value }]]), outer: undefined });
    this.#depth -= 1;
  }

  // ── values ────────────────────────────────────────────────────────────────────────────────────────
  #pipeline({ commands, variables, assign }: Pipeline, dot: unknown, scope: Scope): unknown {
    let value: unknown;
    for (const [i, command] of commands.entries())
      value = this.#command(command, i === 0 ? [] : [value], dot, scope);
    for (const name of variables) set(scope, name, value, assign);
    return value;
  }

  #command(
    { operands: [first, ...rest], ...place }: Command,
    piped: readonly unknown[],
    dot: unknown,
    scope: Scope,
  ): unknown {
    if (first.kind === "function") {
      const stop = LAZY[first.name];
      if (stop !== undefined)
        return this.#lazily(stop, [...rest, ...piped.map((value) => ({ value }))], dot, scope);
    }
    const args = (): readonly unknown[] => [
      ...rest.map((operand) => this.#operand(operand, dot, scope)),
      ...piped,
    ];
    if (first.kind === "function") return this.#invoke(first.name, args(), place);
    if (first.kind === "nil") throw this.#error(first, "nil is not a command");
    const value =
      first.kind === "fields" ? this.#fields(first, dot, scope) : this.#operand(first, dot, scope);
    if (isMethod(value)) return value(...args());
    if (rest.length + piped.length > 0)
      throw this.#error(
        first,
        `${first.kind === "fields" ? `${first.names.at(-1)} has arguments but cannot be invoked as function` : `can't give argument to non-function ${first.text}`}`,
      );
    return value;
  }

  #lazily(
    stop: (value: unknown) => boolean,
    operands: readonly (Operand | { readonly value: unknown })[],
    dot: unknown,
    scope: Scope,
  ): unknown {
    let value: unknown;
    for (const operand of operands) {
      value = "kind" in operand ? this.#operand(operand, dot, scope) : operand.value;
      if (stop(value)) break;
    }
    return value;
  }

  #invoke(name: string, args: readonly unknown[], place: { at: number; text: string }): unknown {
    try {
      return this.#functions[name]?.(...args);
    } catch (error) {
      if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
      throw this.#error(place, `error calling ${name}: ${error.message}`);
    }
  }

  #operand(operand: Operand, dot: unknown, scope: Scope): unknown {
    switch (operand.kind) {
      case "dot":
        return dot;
      case "nil":
        return undefined;
      case "constant":
        return operand.value;
      case "variable":
        return get(scope, operand.name);
      case "pipeline":
        return this.#pipeline(operand.pipeline, dot, inner(scope));
      case "function":
        return this.#command({ operands: [operand], at: operand.at, text: operand.text }, [], dot, scope);
      case "fields": {
        const value = this.#fields(operand, dot, scope);
        return isMethod(value) ? value() : value;
      }
    }
  }

  #fields(operand: Extract<Operand, { kind: "fields" }>, dot: unknown, scope: Scope): unknown {
    let value = this.#operand(operand.of, dot, scope);
    for (const [i, name] of operand.names.entries()) {
      if (i > 0 && isMethod(value)) value = value();
      value = this.#field(value, name, operand);
    }
    return value;
  }

  #field(value: unknown, name: string, operand: Operand): unknown {
    if (isNil(value)) throw this.#error(operand, `nil data; no entry for key ${JSON.stringify(name)}`);
    if (!isMap(value)) throw this.#error(operand, `can't evaluate field ${name} in type ${kindOf(value)}`);
    if (!Object.hasOwn(value, name)) {
      if (this.#openMaps.has(value)) return undefined;
      throw this.#error(operand, `map has no entry for key ${JSON.stringify(name)}`);
    }
    const field = value[name];
    if (isMap(field) && OPEN_MAPS.has(name)) this.#openMaps.add(field);
    return field;
  }

  #error(place: { at: number; text: string }, why: string): Error {
    return evaluationError(this.#template.source, place, why);
  }
}

const inner = (outer: Scope): Scope => ({ names: new Map(), outer });

function find(scope: Scope | undefined, name: string): { value: unknown } | undefined {
  for (let s = scope; s !== undefined; s = s.outer) {
    const cell = s.names.get(name);
    if (cell !== undefined) return cell;
  }
  return undefined;
}
const get = (scope: Scope, name: string): unknown => find(scope, name)?.value;
function set(scope: Scope, name: string, value: unknown, assign: boolean): void {
  const cell = assign ? find(scope, name) : undefined;
  if (cell === undefined) scope.names.set(name, { value });
  else cell.value = value;
}
