import assert from "node:assert/strict";
import fc from "fast-check";
import type { InstructionNode } from "../../../builder/dockerfile/ast.ts";
import { detectSyntax } from "../../../builder/dockerfile/directives.ts";
import { parseDockerfile } from "../../../builder/dockerfile/parse.ts";
import { Failure, isCode } from "../../../core/errors.ts";

const nodes = (text: string): readonly InstructionNode[] => parseDockerfile(text).nodes;
const only = (text: string): InstructionNode => {
  const [node, ...others] = nodes(text);
  assert.equal(others.length, 0);
  assert.ok(node !== undefined);
  return node;
};
const fault = (text: string): readonly [message: string, line: number, endLine: number] => {
  try {
    parseDockerfile(text);
  } catch (error) {
    if (!isCode(error, "DOCKERFILE_INVALID")) throw error;
    const { message, line, endLine } = error.detail;
    return [message, line, endLine];
  }
  return assert.fail("it is accepted");
};

describe("The parser: lines", () => {
  it("joins continued lines and keeps their white space", () => {
    const node = only("RUN a \\\n   && b \\  \n\tc\n");
    assert.equal(node.original, "RUN a    && b \tc");
    assert.deepEqual(node.lines, { first: 1, last: 3 });
  });

  it("takes comments and empty lines out of a continued line, and counts the latter", () => {
    const parsed = parseDockerfile("RUN a \\\n# comment\n  # another\n\n  b\n");
    assert.equal(parsed.nodes[0]?.original, "RUN a   b");
    assert.deepEqual(parsed.emptyContinuations, [5]);
  });

  it("does not continue behind two escape characters", () => {
    assert.deepEqual(
      nodes("RUN a\\\\\nRUN b").map(({ original }) => original),
      ["RUN a\\\\", "RUN b"],
    );
  });

  it("continues at the end of the file into nothing", () => {
    assert.equal(only("RUN a \\").original, "RUN a ");
    assert.equal(only("RUN a \\\n\n").original, "RUN a ");
  });

  it("drops a byte order mark, carriage returns and white space before an instruction", () => {
    assert.deepEqual(
      nodes("\ufeffFROM a\r\n \t RUN b \\\r\n  c\r\n").map(({ original }) => original),
      ["FROM a", "RUN b   c"],
    );
  });

  it("keeps the comments above an instruction, back to an empty one", () => {
    assert.deepEqual(only("# far\n#\n# near\n#no space\nFROM a").comments, ["near", "no space"]);
    assert.deepEqual(
      nodes("# a\nFROM a\nRUN b").map(({ comments }) => comments),
      [["a"], []],
    );
  });

  it("refuses a line of more than 65535 bytes", () => {
    const text = (count: number): string => `FROM a\nRUN ${"é".repeat(count)}`;
    assert.equal(nodes(text(32_765)).length, 2);
    assert.deepEqual(fault(text(32_766)), ["dockerfile line greater than max allowed size of 65535", 2, 2]);
  });

  it("refuses files without an instruction", () => {
    assert.equal(fault("")[0], "the Dockerfile cannot be empty");
    assert.equal(fault("# only\n\n# comments\n")[0], "file with no instructions");
  });
});

describe("The parser: directives", () => {
  it("are the first lines only, in any letter case", () => {
    const parsed = parseDockerfile(
      "# Syntax = docker/dockerfile:1\n#ESCAPE=`\n# check=skip=all\nFROM a\nRUN x `\n y\n",
    );
    assert.deepEqual(
      parsed.directives.map(({ name, value, line }) => [name, value, line]),
      [
        ["syntax", "docker/dockerfile:1", 1],
        ["escape", "`", 2],
        ["check", "skip=all", 3],
      ],
    );
    assert.equal(parsed.nodes[1]?.original, "RUN x  y");
    assert.deepEqual(parsed.nodes[0]?.comments, []);
  });

  for (const before of ["\n", "# a comment\n", "# unknown=x\n", "FROM x\n"]) {
    it(`are none behind ${JSON.stringify(before)}`, () => {
      assert.equal(parseDockerfile(`${before}# escape=\`\nFROM a`).escape, "\\");
    });
  }

  it("must have a proper value and stand once", () => {
    assert.deepEqual(fault("# escape=x\nFROM a"), ["invalid escape token 'x' does not match ` or \\", 1, 1]);
    assert.deepEqual(fault("# escape=`\n# escape=`\nFROM a"), [
      "only one escape parser directive can be used",
      2,
      2,
    ]);
  });

  it("declare the syntax in other comment styles, too", () => {
    assert.equal(detectSyntax("#!/usr/bin/x\n# syntax=a/b some words\n")?.image, "a/b");
    assert.deepEqual(detectSyntax("// syntax=a/b\n{}"), { image: "a/b", commandLine: "a/b", line: 1 });
    assert.equal(detectSyntax('{"syntax": "a/b"}')?.image, "a/b");
    assert.equal(detectSyntax("FROM a\n# syntax=a/b\n"), undefined);
    assert.equal(detectSyntax('{"syntax": 1}'), undefined);
  });
});

describe("The parser: arguments", () => {
  const ARGUMENTS: readonly (readonly [text: string, args: readonly string[], json?: boolean])[] = [
    ["RUN  echo  'a  b' ", ["echo  'a  b'"]],
    ['RUN ["a", "b c"]', ["a", "b c"], true],
    ['RUN [ "a" ] ', ["a"], true],
    ["RUN [a, b]", ["[a, b]"]],
    ['RUN ["a",]', ['["a",]']],
    ["CMD []", [], true],
    ["CMD", []],
    ['COPY ["a b", "c"]', ["a b", "c"], true],
    ["COPY a\tb   c", ["a", "b", "c"]],
    [
      'ENV A=1 B=\'x y\' C="z\\" " D=a\\ b',
      ["A", "1", "=", "B", "'x y'", "=", "C", '"z\\" "', "=", "D", "a\\ b", "="],
    ],
    ["ENV A  some  words ", ["A", "some  words", ""]],
    ["ENV A b=c", ["A", "b=c", ""]],
    ["ENV A=", ["A", "", "="]],
    ["LABEL a.b='1'", ["a.b", "'1'", "="]],
    ["ARG A B=1 C=", ["A", "B=1", "C="]],
    ["EXPOSE 80 443/tcp", ["80", "443/tcp"]],
    ["WORKDIR /a b", ["/a b"]],
    ["MAINTAINER A B <c@d>", ["A B <c@d>"]],
    ["HEALTHCHECK CMD curl x", ["CMD", "curl x"]],
    ['HEALTHCHECK CMD ["curl", "x"]', ["CMD", "curl", "x"], true],
    ["HEALTHCHECK NONE", ["NONE"]],
    ["ONBUILD RUN a b", ["RUN", "a b"]],
    ["BOGUS a b", []],
  ];
  for (const [text, args, json = false] of ARGUMENTS) {
    it(`of ${text}`, () => {
      const node = only(text);
      assert.deepEqual(node.args, args);
      assert.equal(node.json, json);
    });
  }

  it("have flags in front, with quotes and escapes resolved", () => {
    const flags = (text: string): readonly unknown[] => {
      const node = only(text);
      return [node.flags, node.args];
    };
    assert.deepEqual(flags("COPY --from=a --chown='b c' x y"), [
      ["--from=a", "--chown=b c"],
      ["x", "y"],
    ]);
    assert.deepEqual(flags("RUN --mount=a\\ b -- --x"), [["--mount=a b"], ["--x"]]);
    assert.deepEqual(flags("RUN a --b"), [[], ["a --b"]]);
    assert.deepEqual(flags("FROM --platform=x"), [["--platform=x"], []]);
  });

  const FAULTS: readonly (readonly [text: string, message: string])[] = [
    ["ENV A", "ENV must have two arguments"],
    ["LABEL A", "LABEL must have two arguments"],
    ["ENV A=1 B", `Syntax error - can't find = in "B". Must be of the form: name=value`],
    ["CMD [1]", "when using JSON array syntax, arrays must be comprised of strings only"],
    ["COPY [null]", "when using JSON array syntax, arrays must be comprised of strings only"],
    ["RUN <<EOF\nx", "unterminated heredoc"],
  ];
  for (const [text, message] of FAULTS) {
    it(`refuses ${text.split("\n")[0]}`, () => {
      assert.deepEqual(fault(`FROM a\n${text}\n`).slice(0, 2), [message, 2]);
    });
  }
});

describe("The parser: here-documents", () => {
  it("reads several in order, with their options", () => {
    const node = only("COPY <<a 3<<-'b c' <<\"d\" /x\n1\na\n\t2\n\tb c\n$3\nd\n");
    assert.deepEqual(
      node.heredocs.map((h) => [h.name, h.fileDescriptor, h.expand, h.chomp, h.content]),
      [
        ["a", 0, true, false, "1\n"],
        ["b c", 3, false, true, "\t2\n"],
        ["d", 0, false, false, "$3\n"],
      ],
    );
    assert.deepEqual(node.lines, { first: 1, last: 7 });
  });

  it("are for ADD, COPY and RUN, also behind ONBUILD", () => {
    assert.equal(only("ONBUILD RUN <<EOF\nx\nEOF\n").heredocs.length, 1);
    assert.deepEqual(
      nodes("CMD <<EOF\nEOF").map(({ keyword }) => keyword),
      ["CMD", "EOF"],
    );
    assert.equal(only('RUN ["<<EOF"]').heredocs.length, 0);
  });

  it("are none where the shell would see none", () => {
    assert.equal(only('RUN cat "<<EOF"').heredocs.length, 0);
    assert.equal(only("RUN echo $((1<<2))").heredocs.length, 0);
    assert.equal(only("RUN cat <<<word").heredocs.length, 0);
    assert.equal(only("RUN it's <<EOF").heredocs.length, 0);
  });

  it("keep what looks like an instruction, a comment or a continuation", () => {
    const node = only("RUN <<EOF\nFROM x \\\n# y\n\nEOF\n");
    assert.equal(node.heredocs[0]?.content, "FROM x \\\n# y\n\n");
  });
});

describe("The parser: any text", () => {
  it("is parsed, or refused with DOCKERFILE_INVALID and lines that exist", () => {
    const piece = fc.constantFrom(
      "FROM a",
      "RUN ",
      "COPY ",
      "ENV ",
      "ONBUILD ",
      "HEALTHCHECK ",
      "\n",
      "\r\n",
      "\\",
      "\\\n",
      "`",
      "# escape=`\n",
      "#c",
      '["a"',
      "]",
      ",",
      "<<E",
      "<<-E",
      "E\n",
      "--x=y ",
      "a=b",
      "'",
      '"',
      " ",
      "\t",
      "é",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        const text = pieces.join("");
        const count = text.split("\n").length;
        try {
          for (const { lines } of nodes(text))
            assert.ok(1 <= lines.first && lines.first <= lines.last && lines.last <= count);
        } catch (error) {
          assert.ok(error instanceof Failure && isCode(error, "DOCKERFILE_INVALID"), String(error));
          assert.ok(error.detail.line <= count && error.detail.endLine <= count);
        }
      }),
      { numRuns: 500 },
    );
  });
});
