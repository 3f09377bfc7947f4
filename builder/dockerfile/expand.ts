import { quote } from "./characters.ts";
import { Problem } from "./problem.ts";
import { removePrefix, removeSuffix, replacePattern } from "./substitution.ts";
import { WordCollector } from "./word-collector.ts";

/** What variables stand for. */
export type Variables = Pick<ReadonlyMap<string, string>, "get" | "keys">;

export interface ExpandOptions {
  readonly escape: "\\" | "`";
  /** Keep quote characters in the result. */
  readonly rawQuotes?: boolean;
  /** Keep escape characters in the result. */
  readonly rawEscapes?: boolean;
  /** Take quotes as ordinary characters: here-document content. */
  readonly ignoreQuotes?: boolean;
  /** Leave references to unset variables as they are written. */
  readonly keepUnset?: boolean;
}

export interface Expansion {
  readonly text: string;
  /** Variables referred to, by whether they are set. */
  readonly matched: ReadonlySet<string>;
  readonly unmatched: ReadonlySet<string>;
}

/**
 * Expands variables and removes quotes, as BuildKit does for most instructions; white space stays.
 * Throws a Problem that names `word`.
 */
export function expandWord(word: string, variables: Variables, options: ExpandOptions): Expansion {
  const lexer = new ShellLexer(word, variables, options);
  const { text } = lexer.all();
  return { text, matched: lexer.matched, unmatched: lexer.unmatched };
}

/** The same, split into words at white space that is neither quoted nor escaped. Throws a Problem that names `word`. */
export function expandWords(word: string, variables: Variables, options: ExpandOptions): readonly string[] {
  return new ShellLexer(word, variables, options).all().words;
}

const SPECIAL = new Set("@*#?-$!0");
// Classes of all of Unicode take long to compile and are hardly ever needed.
const isDigit = (c: string): boolean => /^[0-9]$/.test(c) || (c > "\x7f" && /^\p{Nd}$/u.test(c));
const isNamePart = (c: string): boolean => /^\w$/.test(c) || (c > "\x7f" && /^[\p{L}\p{Nd}]$/u.test(c));
/** What Go's scanner gives for the end of its input, as it appears in messages. */
const END_MARK = "\ufffd";

interface Operands {
  readonly name: string;
  readonly word: string;
  readonly value: string | undefined;
  /** Unset, or empty where that counts as unset. */
  readonly isUnset: boolean;
}

/** What stands behind a variable's name in `${name-word}`. */
const OPERATORS: Readonly<Record<string, (operands: Operands) => string>> = {
  "-": ({ isUnset, word, value = "" }) => (isUnset ? word : value),
  "+": ({ isUnset, word }) => (isUnset ? "" : word),
  "?": ({ isUnset, name, word, value }) => {
    if (!isUnset) return value ?? "";
    throw new Problem(
      `${name}: ${word || `is not allowed to be ${value === undefined ? "unset" : "empty"}`}`,
    );
  },
  "#": ({ word, value = "" }) => removePrefix(value, word),
  "%": ({ word, value = "" }) => removeSuffix(value, word),
};

class ShellLexer {
  readonly matched = new Set<string>();
  readonly unmatched = new Set<string>();
  readonly #source: string;
  readonly #characters: readonly string[];
  readonly #variables: Variables;
  readonly #options: ExpandOptions;
  #at = 0;
  #rawEscapes: boolean;

  constructor(source: string, variables: Variables, options: ExpandOptions) {
    this.#source = source;
    this.#characters = Array.from(source);
    this.#variables = variables;
    this.#options = options;
    this.#rawEscapes = options.rawEscapes ?? false;
  }

  all(): { readonly text: string; readonly words: readonly string[] } {
    try {
      return this.#until(undefined);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      throw new Problem(`failed to process ${quote(this.#source)}: ${error.message}`);
    }
  }

  #peek(): string | undefined {
    return this.#characters[this.#at];
  }

  #next(): string | undefined {
    return this.#characters[this.#at++];
  }

  /** Reads up to `stop`, which is consumed, or to the end when there is none. */
  #until(stop: string | undefined): { readonly text: string; readonly words: readonly string[] } {
    const words = new WordCollector();
    let text = "";
    for (let c = this.#peek(); c !== undefined; c = this.#peek()) {
      if (c === stop) {
        this.#at++;
        return { text, words: words.end() };
      }
      const special = this.#special(c);
      if (special !== undefined) {
        text += special;
        if (c === "$") words.split(special);
        else words.raw(special);
      } else if (c === this.#options.escape) {
        this.#at++;
        const kept = (this.#rawEscapes ? c : "") + (this.#next() ?? "");
        text += kept;
        words.raw(kept);
      } else {
        this.#at++;
        text += c;
        words.split(c);
      }
    }
    if (stop !== undefined) {
      throw new Problem(`unexpected end of statement while looking for matching ${stop}`);
    }
    return { text, words: words.end() };
  }

  /** The value of a construct that begins with `c`; undefined when `c` is an ordinary character. */
  #special(c: string): string | undefined {
    if (c === "$") return this.#dollar();
    if (c === "<") return this.#angle();
    if (this.#options.ignoreQuotes === true) return undefined;
    if (c === "'") return this.#singleQuoted();
    return c === '"' ? this.#doubleQuoted() : undefined;
  }

  /** `<< EOF` is one word: the white space after the sign belongs to it. */
  #angle(): string {
    this.#at++;
    if (this.#peek() !== "<") return "<";
    this.#at++;
    let spaces = "";
    for (let c = this.#peek(); c === " " || c === "\t" || c === "\r"; c = this.#peek()) {
      spaces += c;
      this.#at++;
    }
    return `<<${spaces}`;
  }

  #singleQuoted(): string {
    const mark = this.#options.rawQuotes === true ? "'" : "";
    const start = this.#at + 1;
    const end = this.#characters.indexOf("'", start);
    if (end < 0) {
      this.#at = this.#characters.length;
      throw new Problem("unexpected end of statement while looking for matching single-quote");
    }
    this.#at = end + 1;
    return mark + this.#characters.slice(start, end).join("") + mark;
  }

  #doubleQuoted(): string {
    const mark = this.#options.rawQuotes === true ? '"' : "";
    const escapeChar = this.#options.escape;
    let text = mark;
    this.#at++;
    for (let c = this.#peek(); c !== undefined; c = this.#peek()) {
      if (c === "$") {
        text += this.#dollar();
        continue;
      }
      this.#at++;
      if (c === '"') return text + mark;
      if (c !== escapeChar) {
        text += c;
        continue;
      }
      if (this.#rawEscapes) text += c;
      const escaped = this.#peek();
      // Only these can be escaped between double quotes; before anything else the escape character stays.
      if (escaped === '"' || escaped === "$" || escaped === escapeChar) text += this.#next();
      else if (escaped !== undefined) text += c;
    }
    throw new Problem("unexpected end of statement while looking for matching double-quote");
  }

  #dollar(): string {
    this.#at++;
    if (this.#peek() !== "{") {
      const name = this.#name();
      if (name === "") return "$";
      const value = this.#lookUp(name);
      return value === undefined && this.#options.keepUnset === true ? `$${name}` : (value ?? "");
    }
    this.#at++;
    const c = this.#peek();
    if (c === undefined) throw new Problem("syntax error: missing '}'");
    if (c === "{" || c === "}" || c === ":") throw new Problem("syntax error: bad substitution");
    return this.#braced(this.#name());
  }

  /** The rest of `${name…}`. */
  #braced(name: string): string {
    const c = this.#next();
    if (c === "}") {
      const value = this.#lookUp(name);
      return value === undefined && this.#options.keepUnset === true ? `\${${name}}` : (value ?? "");
    }
    if (c === "/") return this.#replacement(name);
    if (c === ":") return this.#modified(name, this.#next(), true);
    if (c !== undefined && "+-?#%".includes(c)) return this.#modified(name, c, false);
    throw new Problem(`unsupported modifier (${c ?? END_MARK}) in substitution`);
  }

  /** `${name-word}` and its kin; with `colon`, an empty variable counts as unset. */
  #modified(name: string, operator: string | undefined, colon: boolean): string {
    const sign = `${colon ? ":" : ""}${operator ?? END_MARK}`;
    const isPattern = operator === "#" || operator === "%";
    if (colon && isPattern) throw new Problem(`unsupported modifier (${sign}) in substitution`);
    const word = this.#part("}", isPattern, "syntax error: missing '}'");
    const value = this.#lookUp(name);
    if (value === undefined && this.#options.keepUnset === true) return `\${${name}${sign}${word}}`;
    const isUnset = value === undefined || (colon && value === "");
    const apply =
      operator === undefined || !Object.hasOwn(OPERATORS, operator) ? undefined : OPERATORS[operator];
    if (apply === undefined) throw new Problem(`unsupported modifier (${sign}) in substitution`);
    return apply({ name, word, value, isUnset });
  }

  /** `${name/pattern/text}` replaces the first match, `${name//pattern/text}` every one. */
  #replacement(name: string): string {
    const all = this.#peek() === "/";
    if (all) this.#at++;
    const pattern = this.#part("/", true, `syntax error: missing '/' in $\{}`);
    const text = this.#part("}", true, "syntax error: missing '}'");
    const value = this.#lookUp(name);
    if (value === undefined && this.#options.keepUnset === true) return `\${${name}/${pattern}/${text}}`;
    return replacePattern(value ?? "", { pattern, text, all });
  }

  /** A nested word that ends with `stop`; `missing` is said when the source ends before. */
  #part(stop: string, rawEscapes: boolean, missing: string): string {
    const outer = this.#rawEscapes;
    this.#rawEscapes = rawEscapes;
    try {
      return this.#until(stop).text;
    } catch (error) {
      if (error instanceof Problem && this.#peek() === undefined) throw new Problem(missing);
      throw error;
    } finally {
      this.#rawEscapes = outer;
    }
  }

  /** A run of digits, one special character, or letters, digits and underscores; "" when there is no name. */
  #name(): string {
    const first = this.#peek();
    if (first === undefined) return "";
    if (!isDigit(first) && SPECIAL.has(first)) {
      this.#at++;
      return first;
    }
    const belongs = isDigit(first) ? isDigit : isNamePart;
    const start = this.#at;
    while (belongs(this.#peek() ?? "")) this.#at++;
    return this.#characters.slice(start, this.#at).join("");
  }

  #lookUp(name: string): string | undefined {
    const value = this.#variables.get(name);
    (value === undefined ? this.unmatched : this.matched).add(name);
    return value;
  }
}
