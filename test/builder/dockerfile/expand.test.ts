// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the shell syntax is what is tested
import assert from "node:assert/strict";
import fc from "fast-check";
import { type ExpandOptions, expandWord, expandWords } from "../../../builder/dockerfile/expand.ts";
import { Problem } from "../../../builder/dockerfile/problem.ts";

const VARIABLES = new Map([
  ["NAME", "world"],
  ["EMPTY", ""],
  ["PATHS", "/usr/lib/libfoo.tar.gz"],
  ["LIST", "one two\tthree"],
  ["STARS", "a*b?c\\d"],
  ["1", "first"],
  ["größe", "groß"],
]);
const BACKSLASH: ExpandOptions = { escape: "\\" };
const expand = (word: string, options: ExpandOptions = BACKSLASH): string =>
  expandWord(word, VARIABLES, options).text;

const CASES: Readonly<Record<string, readonly (readonly [word: string, result: string])[]>> = {
  "plain references": [
    ["hello", "hello"],
    ["$NAME", "world"],
    ["x${NAME}y", "xworldy"],
    ["$NAME-$NAME", "world-world"],
    ["$UNSET", ""],
    ["a${UNSET}b", "ab"],
    ["$", "$"],
    ["a$ b", "a$ b"],
    ["$/x", "$/x"],
    ["$größe", "groß"],
  ],
  "positional and special parameters": [
    ["$1", "first"],
    ["$12", ""],
    ["$1a", "firsta"],
    ["$?x", "x"],
    ["$@$*$#$-$!$0", ""],
    ["$$", ""],
  ],
  quotes: [
    ["'$NAME'", "$NAME"],
    ['"$NAME"', "world"],
    [`"it's $NAME"`, "it's world"],
    [`'say "x"'`, 'say "x"'],
    [`a"b c"d`, "ab cd"],
    [`""`, ""],
    [`'\\'`, "\\"],
  ],
  escapes: [
    ["\\$NAME", "$NAME"],
    ["\\\\$NAME", "\\world"],
    ["\\'x", "'x"],
    ["a\\ b", "a b"],
    ["end\\", "end"],
    ['"\\$NAME \\" \\\\ \\n"', '$NAME " \\ \\n'],
    ['"end\\""', 'end"'],
  ],
  defaults: [
    ["${UNSET:-word}", "word"],
    ["${EMPTY:-word}", "word"],
    ["${NAME:-word}", "world"],
    ["${UNSET-word}", "word"],
    ["${EMPTY-word}", ""],
    ["${UNSET:-$NAME}", "world"],
    ["${UNSET:-${UNSET:-deep}}", "deep"],
    ["${UNSET:-'a}b'}", "a}b"],
    ["${UNSET:-}", ""],
  ],
  alternatives: [
    ["${NAME:+yes}", "yes"],
    ["${EMPTY:+yes}", ""],
    ["${EMPTY+yes}", "yes"],
    ["${UNSET+yes}", ""],
    ["${UNSET:+yes}", ""],
  ],
  "required values": [
    ["${NAME:?must}", "world"],
    ["${EMPTY?must}", ""],
  ],
  "prefixes and suffixes": [
    ["${PATHS#/usr}", "/lib/libfoo.tar.gz"],
    ["${PATHS#*/}", "usr/lib/libfoo.tar.gz"],
    ["${PATHS##*/}", "libfoo.tar.gz"],
    ["${PATHS%.*}", "/usr/lib/libfoo.tar"],
    ["${PATHS%%.*}", "/usr/lib/libfoo"],
    ["${PATHS%.??}", "/usr/lib/libfoo.tar"],
    ["${PATHS#nothing}", "/usr/lib/libfoo.tar.gz"],
    ["${STARS#a\\*}", "b?c\\d"],
    ["${STARS%\\\\d}", "a*b?c"],
    ["${UNSET#x}", ""],
    ["${PATHS##$UNSET}", "/usr/lib/libfoo.tar.gz"],
  ],
  replacements: [
    ["${PATHS/lib/LIB}", "/usr/LIB/libfoo.tar.gz"],
    ["${PATHS//lib/LIB}", "/usr/LIB/LIBfoo.tar.gz"],
    ["${PATHS//\\//-}", "-usr-lib-libfoo.tar.gz"],
    ["${PATHS/*./}", "gz"],
    ["${PATHS//?/x}", "x".repeat("/usr/lib/libfoo.tar.gz".length)],
    ["${NAME//*/x}", "x"],
    ["${NAME/w/$NAME}", "worldorld"],
    ["${NAME/w/\\}}", "\\}orld"],
    ["${STARS/\\?/!}", "a*b!c\\d"],
    ["${NAME/o/$&}", "w$&rld"],
  ],
  "no expression syntax in patterns": [
    ["${NAME/w./x}", "world"],
    ["${NAME/[w]/x}", "world"],
  ],
};

const FAULTS: readonly (readonly [word: string, message: string])[] = [
  ["'x", "unexpected end of statement while looking for matching single-quote"],
  ['"x', "unexpected end of statement while looking for matching double-quote"],
  ["${NAME", "unsupported modifier (\ufffd) in substitution"],
  ["${", "syntax error: missing '}'"],
  ["${}", "syntax error: bad substitution"],
  ["${:-x}", "syntax error: bad substitution"],
  ["${{x}}", "syntax error: bad substitution"],
  ["${NAME:-x", "syntax error: missing '}'"],
  ["${NAME/x", "syntax error: missing '/' in ${}"],
  ["${NAME/x/y", "syntax error: missing '}'"],
  ["${NAME;x}", "unsupported modifier (;) in substitution"],
  ["${NAME:=x}", "unsupported modifier (:=) in substitution"],
  ["${NAME:#x}", "unsupported modifier (:#) in substitution"],
  ["${UNSET?}", "UNSET: is not allowed to be unset"],
  ["${EMPTY:?}", "EMPTY: is not allowed to be empty"],
  ["${UNSET:?say why}", "UNSET: say why"],
  ["${NAME#\\x}", "invalid pattern (\\x) in substitution: invalid escape '\\x'"],
];

describe("Expansion", () => {
  for (const [title, cases] of Object.entries(CASES)) {
    it(`knows ${title}`, () => {
      for (const [word, result] of cases) assert.equal(expand(word), result, word);
    });
  }

  it("names the word and the fault", () => {
    for (const [word, message] of FAULTS) {
      assert.throws(
        () => expand(word),
        (error) =>
          error instanceof Problem &&
          error.message === `failed to process ${JSON.stringify(word)}: ${message}`,
        word,
      );
    }
  });

  it("takes the escape character of the file", () => {
    assert.equal(expand("`$NAME \\$NAME", { escape: "`" }), "$NAME \\world");
    assert.equal(expand('"`$NAME `x"', { escape: "`" }), "$NAME `x");
  });

  it("can keep quotes, and what is unset", () => {
    const options: ExpandOptions = { escape: "\\", rawQuotes: true, keepUnset: true };
    const word = `echo "$NAME" '$NAME' $UNSET \${UNSET} \${UNSET:-x} \${UNSET#a} \${UNSET/a/b}`;
    assert.equal(
      expand(word, options),
      `echo "world" '$NAME' $UNSET \${UNSET} \${UNSET:-x} \${UNSET#a} \${UNSET/a/b}`,
    );
  });

  it("can take quotes as ordinary characters", () => {
    assert.equal(expand(`"$NAME" 'x' \\$NAME`, { escape: "\\", ignoreQuotes: true }), `"world" 'x' $NAME`);
  });

  it("tells which variables were there", () => {
    const { matched, unmatched } = expandWord("$NAME ${A:-$B} ${EMPTY:-$C} '$D'", VARIABLES, BACKSLASH);
    assert.deepEqual([...matched].sort(), ["EMPTY", "NAME"]);
    assert.deepEqual([...unmatched].sort(), ["A", "B", "C"]);
  });

  it("splits into words after expansion, but not inside quotes", () => {
    const words = (text: string): readonly string[] => expandWords(text, VARIABLES, BACKSLASH);
    assert.deepEqual(words("  a  b\tc "), ["a", "b", "c"]);
    assert.deepEqual(words("$LIST four"), ["one", "two", "three", "four"]);
    assert.deepEqual(words('"$LIST" x'), ["one two\tthree", "x"]);
    assert.deepEqual(words("a\\ b 'c d'e"), ["a b", "c de"]);
    assert.deepEqual(words("x${UNSET:-y z}"), ["xy", "z"]);
    assert.deepEqual(words("<< EOF x"), ["<< EOF", "x"]);
    assert.deepEqual(words(""), []);
  });

  const ordinary = fc.string({ unit: "grapheme" }).filter((s) => !/[$'"\\<`]/.test(s));

  it("leaves text without special characters as it is", () => {
    fc.assert(fc.property(ordinary, (text) => assert.equal(expand(text), text)));
  });

  it("gives back what was quoted", () => {
    const text = fc.string({ unit: "grapheme" });
    const doubled = (s: string): string => `"${s.replace(/["$\\]/g, "\\$&")}"`;
    fc.assert(fc.property(text, (s) => assert.equal(expand(doubled(s)), s)));
    fc.assert(
      fc.property(
        text.filter((s) => !s.includes("'")),
        (s) => assert.equal(expand(`'${s}'`), s),
      ),
    );
  });

  it("gives the value of a variable, whatever is in it", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (value) => {
        const variables = new Map([["V", value]]);
        assert.equal(expandWord("$V${V}", variables, BACKSLASH).text, value + value);
        assert.equal(
          expandWord("${V:-}${V#}${V/no-such-thing/}", variables, BACKSLASH).text,
          value.repeat(3),
        );
      }),
    );
  });

  it("agrees with string methods on literal patterns", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b", "ab", "aba", "-") });
    fc.assert(
      fc.property(text, text, text, (value, pattern, by) => {
        const variables = new Map([["V", value]]);
        const one = (word: string): string => expandWord(word, variables, BACKSLASH).text;
        const without = value.startsWith(pattern) ? value.slice(pattern.length) : value;
        assert.equal(one(`\${V#${pattern}}`), without);
        assert.equal(
          one(`\${V%${pattern}}`),
          value.endsWith(pattern) ? value.slice(0, value.length - pattern.length) : value,
        );
        if (pattern !== "")
          assert.equal(
            one(`\${V//${pattern}/${by}}`),
            value.replaceAll(pattern, () => by),
          );
      }),
    );
  });

  it("ends with a result or a Problem for any text", () => {
    const unit = fc.constantFrom(
      "$",
      "{",
      "}",
      "a",
      ":",
      "-",
      "#",
      "%",
      "/",
      "*",
      "\\",
      "'",
      '"',
      " ",
      "<",
      "é",
    );
    fc.assert(
      fc.property(fc.string({ unit }), (word) => {
        try {
          assert.equal(typeof expand(word), "string");
        } catch (error) {
          assert.ok(error instanceof Problem, String(error));
        }
      }),
      { numRuns: 1000 },
    );
  });
});
