import { csvFields } from "./csv.ts";
import { Failure } from "./errors.ts";
import { parseBoolean } from "./go-boolean.ts";

/** The "key=value" pairs of a flag like `--secret id=a,src=b`; keys in lower case, the last of equal ones counts. */
export class Fields {
  readonly #option: string;
  readonly #text: string;
  readonly #fields: Map<string, string>;

  /** `bare`: keys that stand for "true" without a value. Throws OPTION_INVALID. */
  constructor(option: string, text: string, bare: readonly string[] = []) {
    this.#option = option;
    this.#text = text;
    this.#fields = new Map(this.#split(text).map((field) => this.#pair(field, bare)));
  }

  /** The value of the first of these keys that is there. */
  take(...keys: readonly string[]): string | undefined {
    const found = keys.find((key) => this.#fields.has(key));
    const value = found === undefined ? undefined : this.#fields.get(found);
    for (const key of keys) this.#fields.delete(key);
    return value;
  }

  /** take() for one of these values. Throws OPTION_INVALID for another. */
  choice<T extends string>(key: string, values: readonly T[]): T | undefined {
    const text = this.take(key);
    const found = values.find((value) => value === text);
    if (text !== undefined && found === undefined)
      throw this.invalid(values.map((value) => `${key}=${value}`).join(" or "));
    return found;
  }

  /** take() for what Go's strconv.ParseBool takes. Throws OPTION_INVALID for another. */
  boolean(key: string): boolean | undefined {
    const text = this.take(key);
    const value = text === undefined ? undefined : parseBoolean(text);
    if (text !== undefined && value === undefined) throw this.invalid(`${key}=true or ${key}=false`);
    return value;
  }

  /** What was not taken, in order. */
  rest(): ReadonlyMap<string, string> {
    return this.#fields;
  }

  /** Throws OPTION_INVALID when something was not taken. */
  finish(known: readonly string[]): void {
    const [left] = this.#fields.keys();
    if (left !== undefined) throw this.invalid(`${known.join(", ")}; there is no ${left}`);
  }

  invalid(want: string): Failure {
    return new Failure("OPTION_INVALID", { option: this.#option, got: this.#text, want });
  }

  #split(text: string): readonly string[] {
    try {
      return csvFields(text);
    } catch {
      throw this.invalid("comma separated key=value pairs");
    }
  }

  #pair(field: string, bare: readonly string[]): readonly [string, string] {
    const at = field.indexOf("=");
    if (at > 0) return [field.slice(0, at).toLowerCase(), field.slice(at + 1)];
    if (bare.includes(field.toLowerCase())) return [field.toLowerCase(), "true"];
    throw this.invalid(`key=value pairs, got ${JSON.stringify(field)}`);
  }
}
