import assert from "node:assert/strict";
import { DockerfileParser } from "dockerfile-ast";
import { sourceExcerpt } from "../../../builder/dockerfile/diagnose/source-excerpt.ts";
import { faultOf, withExcerpt } from "../../../builder/dockerfile/diagnose/with-excerpt.ts";
import { wordsAt } from "../../../builder/dockerfile/diagnose/words.ts";
import { readStages } from "../../../builder/dockerfile/instructions/stages.ts";
import { parseDockerfile } from "../../../builder/dockerfile/parse.ts";
import { Failure } from "../../../core/errors.ts";
import { compare, corpus } from "./corpus.ts";

const RULE = "--------------------";

describe("An excerpt", () => {
  const text = "one\ntwo\nthree\nfour\nfive\nsix\n";
  const excerpt = (first: number, last: number): readonly string[] =>
    sourceExcerpt(text, { file: "Dockerfile", lines: { first, last } }).split("\n");

  it("frames a line with its neighbours", () => {
    assert.deepEqual(excerpt(3, 3), [
      "Dockerfile:3",
      RULE,
      "   1 |     one",
      "   2 |     two",
      "   3 | >>> three",
      "   4 |     four",
      "   5 |     five",
      RULE,
    ]);
  });

  it("frames several lines more closely, and stays within the text", () => {
    assert.deepEqual(excerpt(2, 4).slice(2, -1), [
      "   1 |     one",
      "   2 | >>> two",
      "   3 | >>> three",
      "   4 | >>> four",
      "   5 |     five",
    ]);
    assert.deepEqual(excerpt(1, 1).slice(2, -1), ["   1 | >>> one", "   2 |     two", "   3 |     three"]);
    assert.equal(excerpt(6, 99).length, 6);
  });

  it("is empty where there is no such line", () => {
    assert.deepEqual(excerpt(0, 0), [""]);
    assert.deepEqual(excerpt(8, 9), [""]);
  });

  it("marks a word, tabs included", () => {
    const shown = sourceExcerpt("\tRUN\tx", {
      file: "D",
      lines: { first: 1, last: 1 },
      span: { line: 1, start: 5, end: 6 },
    });
    assert.deepEqual(shown.split("\n").slice(2, -1), ["   1 | >>> \tRUN\tx", "     |     \t   \t^"]);
  });
});

describe("The place of a fault", () => {
  const CASES: readonly (readonly [text: string, marked: string])[] = [
    ["FROM a\nRUNN x", "RUNN"],
    ["FROM a\nSHELL x", "SHELL"],
    ["FROM a\nRUN <<E\nx", ""],
    ["FROM a\nCOPY --form=x a b", "--form=x"],
    ["FROM a\nCOPY \\\n  --link=yes \\\n  a b", "--link=yes"],
    ["FROM a\nENV A=b C", "C"],
    ["FROM a AS 1x", "1x"],
    ["# escape=`\nFROM a\nRUN --network=fast `\n  x", "--network=fast"],
    ["FROM a\r\nUSERR b\r\n", "USERR"],
  ];
  for (const [text, marked] of CASES) {
    it(`in ${JSON.stringify(text)} is ${marked || "not marked"}`, async () => {
      const failure = await fault(text).then((error) => withExcerpt(error, text));
      assert.ok(failure instanceof Failure);
      const lines = failure.message.split("\n");
      const at = lines.findIndex((line) => line.startsWith("     |"));
      if (marked === "") return assert.equal(at, -1);
      const start = lines[at]?.indexOf("^") ?? 0;
      const end = (lines[at]?.lastIndexOf("^") ?? 0) + 1;
      assert.equal(lines[at - 1]?.slice(start, end), marked);
    });
  }

  it("is not looked for in errors that are not about the file", async () => {
    const other = new Failure("IMAGE_UNKNOWN", { reference: "x" });
    assert.equal(await withExcerpt(other, "FROM a"), other);
    const everywhere = new Failure("DOCKERFILE_INVALID", { file: "D", line: 0, endLine: 0, message: "m" });
    assert.equal(await withExcerpt(everywhere, "FROM a"), everywhere);
  });

  it("keeps cause and hint", async () => {
    const cause = new Error("why");
    const failure = new Failure(
      "DOCKERFILE_UNSUPPORTED",
      { file: "D", line: 1, endLine: 1, what: "x" },
      { cause, hint: "h" },
    );
    const shown = await withExcerpt(failure, "FROM a");
    assert.ok(shown instanceof Failure);
    assert.deepEqual([shown.cause, shown.hint, shown.code], [cause, "h", "DOCKERFILE_UNSUPPORTED"]);
    assert.match(shown.message, /^x is not supported\nD:1\n/);
  });

  it("prefers a whole word", () => {
    const word = (text: string) => ({ kind: "argument", text, line: 1, start: 0, end: 1 }) as const;
    assert.equal(faultOf(`bad "a"`, [word("ba"), word("a")])?.text, "a");
    assert.equal(faultOf("bad", [word("ba")]), undefined);
  });
});

async function fault(text: string): Promise<unknown> {
  try {
    readStages(parseDockerfile(text));
  } catch (error) {
    return error;
  }
  return assert.fail("it is accepted");
}

describe("dockerfile-ast on real Dockerfiles", () => {
  it("finds the same instructions on the same lines", function () {
    compare(this, {
      what: "instructions and their lines",
      want: ({ text, parseErr }) =>
        parseErr === undefined
          ? parseDockerfile(text).nodes.map(({ keyword, lines }) => [keyword, lines.first, lines.last])
          : undefined,
      got: ({ text }) =>
        DockerfileParser.parse(text)
          .getInstructions()
          .map((each) => [
            each.getInstruction(),
            each.getRange().start.line + 1,
            each.getRange().end.line + 1,
          ]),
      explained: {
        "containers+buildah/tests__bud__heredoc__Containerfile":
          "it misses a here-document whose delimiter is quoted in part",
        "moby+buildkit/frontend__dockerfile__parser__testfiles__trailing-backslash__Dockerfile":
          "it continues a line that ends with two escape characters",
      },
    });
  });

  it("finds the keyword of every instruction where we say it is", async function () {
    let count = 0;
    let found = 0;
    for (const { text, parseErr } of corpus(this)) {
      if (parseErr !== undefined || text.length > 1000) continue;
      const parsed = parseDockerfile(text);
      for (const { keyword, lines } of parsed.nodes) {
        const [word] = await wordsAt(text, { lines, escape: parsed.escape });
        count++;
        if (word?.text === keyword && word.line === lines.first) found++;
      }
    }
    this.runnable().title += `: ${found} of ${count}`;
    assert.ok(found === count);
  });
});
