import { parseBoolean } from "../../../core/go-boolean.ts";
import { cut } from "../characters.ts";
import { Problem } from "../problem.ts";
import { withSuggestion } from "../suggest.ts";
import { csvFields } from "./csv.ts";
import type { Device } from "./types.ts";

/** Reads the value of RUN --device. Throws a Problem. */
export function parseDevice(text: string): Device {
  let name = "";
  let required = false;
  for (const field of csvFields(text)) {
    const [written, value] = cut(field, "=");
    const key = written.toLowerCase();
    if (key === "required") {
      required = requiredOf(value);
    } else if (key === "name" && value !== undefined) {
      if (name !== "") throw new Problem(`device name already set to ${name}`);
      name = value;
    } else if (name === "") {
      name = field;
    } else if (value === undefined) {
      throw new Problem(`invalid field '${field}' must be a key=value pair`);
    } else {
      throw new Problem(withSuggestion(`unexpected key '${key}' in '${field}'`, key, ["name", "required"]));
    }
  }
  return { name, required };
}

function requiredOf(value: string | undefined): boolean {
  const required = value === undefined ? true : parseBoolean(value);
  if (required === undefined) throw new Problem(`invalid value for required: ${value}`);
  return required;
}
