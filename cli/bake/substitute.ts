import type { Value } from "./hcl/ast.ts";
import { isList, isObject, TypeProblem } from "./hcl/values.ts";

type Environment = Readonly<Record<string, string | undefined>>;

const REFERENCE = /\$(?:(\$)|([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?:(:?[-?+])([^}]*))?\})/g;

/** Puts variables in the texts of a Compose file. https://github.com/compose-spec/compose-spec/blob/main/12-interpolation.md */
export function substitute(value: Value, env: Environment): Value {
  if (typeof value === "string") return substituteText(value, env);
  if (isList(value)) return value.map((item) => substitute(item, env));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, substitute(item, env)]));
}

function substituteText(text: string, env: Environment): string {
  return text.replaceAll(REFERENCE, (...[, dollar, bare, braced, operator = "", word = ""]: string[]) => {
    if (dollar !== undefined) return "$";
    const name = bare ?? braced ?? "";
    const value = env[name];
    const isThere = value !== undefined && !(operator.startsWith(":") && value === "");
    if (operator.endsWith("+")) return isThere ? word : "";
    if (isThere) return value;
    if (operator.endsWith("?"))
      throw new TypeProblem(`required variable ${name} is missing a value: ${word}`);
    return word;
  });
}
