import type { InstructionNode } from "../../../builder/dockerfile/ast.ts";
import { detectSyntax } from "../../../builder/dockerfile/directives.ts";
import { parseDockerfile } from "../../../builder/dockerfile/parse.ts";
import { Failure } from "../../../core/errors.ts";
import { compare, type Json, type Sample } from "./corpus.ts";

/** Our tree in the corpus' words. */
function toCorpus(node: InstructionNode): Json {
  const isOnbuild = node.keyword.toLowerCase() === "onbuild" && node.trigger !== undefined;
  // The corpus writes an unknown instruction, and ONBUILD before its trigger, with one empty argument.
  const args =
    isOnbuild || (node.args.length === 0 && !KNOWN.has(node.keyword.toLowerCase())) ? [""] : node.args;
  return {
    v: node.keyword,
    orig: node.original,
    ...(args.length > 0 && { args }),
    ...(node.json && { attr: { json: true } }),
    ...(node.flags.length > 0 && { flags: node.flags }),
    ...(node.heredocs.length > 0 && {
      heredocs: node.heredocs.map((h) => ({
        Name: h.name,
        FileDescriptor: h.fileDescriptor,
        Expand: h.expand,
        Chomp: h.chomp,
        Content: h.content,
      })),
    }),
    ...(node.comments.length > 0 && { prevComment: node.comments }),
    ...(node.trigger !== undefined && { sub: [toCorpus(node.trigger)] }),
    lines: [node.lines.first, node.lines.last],
  };
}
const KNOWN = new Set(
  "add arg cmd copy entrypoint env expose from healthcheck label maintainer onbuild run shell stopsignal user volume workdir".split(
    " ",
  ),
);

function parsed(sample: Sample): unknown {
  try {
    return parseDockerfile(sample.text).nodes.map(toCorpus);
  } catch (error) {
    if (error instanceof Failure) return error.message;
    throw error;
  }
}

describe("The parser on real Dockerfiles", () => {
  it("gives BuildKit's syntax tree", function () {
    compare(this, { what: "syntax tree", want: ({ ast, parseErr }) => ast ?? parseErr, got: parsed });
  });

  it("finds the escape character", function () {
    compare(this, {
      what: "escape character",
      want: (sample) => sample.escape,
      got: ({ text }) => parseDockerfile(text).escape,
    });
  });

  it("finds the syntax directive", function () {
    compare(this, {
      what: "syntax directive",
      want: ({ syntax, syntaxCmdline }) => [syntax, syntaxCmdline],
      got: ({ text }) => {
        const found = detectSyntax(text);
        return [found?.image, found?.commandLine];
      },
    });
  });

  it("warns of empty continuation lines", function () {
    compare(this, {
      what: "empty continuations",
      want: ({ parseErr, parserWarnings = [] }) =>
        parseErr === undefined
          ? parserWarnings.map(
              ({ lines }) => (lines as { readonly Start: { readonly Line: number } }).Start.Line,
            )
          : undefined,
      got: ({ text }) => parseDockerfile(text).emptyContinuations,
    });
  });
});
