import { csvFields } from "../../core/csv.ts";
import type { Obj } from "./hcl/values.ts";
import { TypeProblem, toText } from "./hcl/values.ts";

/** "type=local,dest=out", taken apart. */
export type Fields = Readonly<Record<string, string>>;

/** What a text without "=" says. */
const SHORT: Readonly<Record<string, (text: string) => Fields>> = {
  "cache-from": (ref) => ({ type: "registry", ref }),
  "cache-to": (ref) => ({ type: "registry", ref }),
  output: (dest) => (dest === "-" ? { type: "tar", dest } : { type: "local", dest }),
  secret: (id) => ({ id }),
  ssh: (id) => ({ id }),
  attest: (type) => ({ type }),
};

/** Reads what can be written as a text or as an object. Throws a TypeProblem. */
export function readFields(attribute: string, value: string | Obj): Fields {
  if (typeof value === "string") return tidied(attribute, ofText(attribute, value));
  const entries = Object.entries(value).flatMap(([key, item]) => {
    if (item === null) return [];
    return [[key, Array.isArray(item) ? item.map(toText).join(",") : toText(item)]];
  });
  return tidied(attribute, Object.fromEntries(entries) as Fields);
}

function ofText(attribute: string, text: string): Fields {
  if (attribute === "ssh") {
    const [id, paths] = splitOnce(text);
    return paths === undefined ? { id } : { id, paths };
  }
  const words = csvFields(text);
  const [first = ""] = words;
  if (words.length === 1 && !first.includes("=")) return (SHORT[attribute] ?? ((type) => ({ type })))(first);
  return Object.fromEntries(
    words.map((word) => {
      const [key, item] = splitOnce(word);
      if (item === undefined)
        throw new TypeProblem(`invalid value ${JSON.stringify(word)}: expected key=value`);
      return [key.toLowerCase(), item];
    }),
  );
}

function splitOnce(text: string): readonly [string, string?] {
  const at = text.indexOf("=");
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

/** A secret's source has one name, and its kind follows from it. */
function tidied(attribute: string, fields: Fields): Fields {
  if (attribute !== "secret") return fields;
  const { type, source, src = source, ...rest } = fields;
  if (type === "env" && src !== undefined) return { ...rest, env: src };
  return src === undefined ? rest : { ...rest, src };
}
