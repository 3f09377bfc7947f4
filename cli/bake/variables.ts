import { csvFields } from "../../core/csv.ts";
import type { Block, Expression, Value } from "./hcl/ast.ts";
import { evaluate, type Scope } from "./hcl/evaluate.ts";
import { invalid } from "./hcl/problem.ts";
import { isList, isObject, TypeProblem, toBool, toNumber, toText } from "./hcl/values.ts";

/** A block `variable`, of which later ones add to earlier ones. */
export interface Variable {
  readonly name: string;
  readonly type?: Expression;
  readonly default?: Expression;
  readonly description?: Expression;
  readonly validations: readonly Block[];
  readonly block: Block;
}

export function addVariable(known: Map<string, Variable>, block: Block): void {
  const { body, labels } = block;
  const name = labels[0] ?? "";
  const given = Object.fromEntries(body.attributes.map((attribute) => [attribute.name, attribute.value]));
  const former = known.get(name);
  const validations = [...(former?.validations ?? []), ...body.blocks];
  known.set(name, { ...former, ...given, name, validations, block });
}

/**
 * The value of a variable: what the environment says, as JSON under NAME_JSON or as a text of its type, else its default. Throws BAKE_FILE_INVALID,
 * also when a validation does not hold.
 */
export function valueOfVariable(
  variable: Variable,
  scope: Scope,
  env: Readonly<Record<string, string | undefined>>,
): Value {
  const value = overridden(variable, scope, env);
  for (const { body, at } of variable.validations) {
    const part = (name: string) => body.attributes.find((attribute) => attribute.name === name)?.value;
    const condition = part("condition");
    const own: Scope = {
      ...scope,
      variable: (name, place) => (name === variable.name ? value : scope.variable(name, place)),
    };
    if (condition === undefined || toBool(evaluate(condition, own))) continue;
    const message = part("error_message");
    throw invalid(
      at,
      `${variable.name}: ${message === undefined ? "invalid value" : toText(evaluate(message, own))}`,
    );
  }
  return value;
}

function overridden(
  variable: Variable,
  scope: Scope,
  env: Readonly<Record<string, string | undefined>>,
): Value {
  const { name, type } = variable;
  const usual =
    variable.default === undefined ? (type === undefined ? "" : null) : evaluate(variable.default, scope);
  const json = env[`${name}_JSON`];
  const text = env[name];
  try {
    if (text !== undefined) return ofText(text, type, usual);
    const value = json === undefined ? usual : (JSON.parse(json) as Value);
    return type === undefined || value === null ? value : converted(value, type);
  } catch (error) {
    if (error instanceof TypeProblem || error instanceof SyntaxError)
      throw invalid(variable.block.at, `variable ${name}: ${error.message}`);
    throw error;
  }
}

/** Of the type that is declared, or that the default has. */
function ofText(text: string, type: Expression | undefined, usual: Value): Value {
  if (type !== undefined) {
    const isCollection = type.kind === "call" && ["list", "set", "tuple"].includes(type.name);
    if (isCollection) return converted(text === "" ? [] : csvFields(text), type);
    if (type.kind === "call")
      throw new TypeProblem("a value of this type is given as JSON, under its name with _JSON");
    return converted(text, type);
  }
  if (typeof usual === "boolean")
    return toBool(
      /^(?:1|t|T)$/.test(text) ? "true" : /^(?:0|f|F)$/.test(text) ? "false" : text.toLowerCase(),
    );
  if (typeof usual === "number") return toNumber(text);
  if (isList(usual) || isObject(usual))
    throw new TypeProblem("a variable without a type can be overridden only with a string, number or bool");
  return text;
}

/** `type = list(string)`: the type is written as an expression. */
function converted(value: Value, type: Expression): Value {
  if (type.kind === "variable") {
    const convert = SCALARS[type.name];
    if (convert === undefined) throw new TypeProblem(`unknown type ${type.name}`);
    return convert(value);
  }
  if (type.kind !== "call") throw new TypeProblem("expected a type");
  const [element] = type.args;
  const each = (item: Value): Value => (element === undefined ? item : converted(item, element));
  if (["list", "set"].includes(type.name) && isList(value)) return value.map(each);
  if (type.name === "map" && isObject(value))
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, each(item)]));
  if (type.name === "optional") return each(value);
  if (type.name === "object" && isObject(value)) return value;
  if (type.name === "tuple" && isList(value)) return value;
  throw new TypeProblem(`a ${type.name} is required`);
}

const SCALARS: Readonly<Record<string, (value: Value) => Value>> = {
  string: toText,
  number: toNumber,
  bool: toBool,
  any: (value) => value,
};
