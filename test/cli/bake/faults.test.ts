import assert from "node:assert/strict";
import { Scratch } from "../../support/scratch.ts";
import { runCli } from "../support/run-cli.ts";
import { writeFiles } from "./files.ts";

const target = (expression: string): string => `target "default" {\n  args = { A = ${expression} }\n}\n`;

describe("a bake file with a fault is told of with its line", () => {
  const cases: readonly [name: string, text: string, message: RegExp][] = [
    ["an open block", 'target "a" {', /bake\.hcl:1: expected "}", found the end of the file/],
    ["an open string", 'V = "a\n', /bake\.hcl:1: a string ends on its line/],
    ["an unknown escape", 'V = "\\z"\n', /bake\.hcl:1: unknown escape/],
    ["an open here-document", "V = <<EOT\nx\n", /expected EOT on a line of its own/],
    ["two attributes on a line", 'A = "1" B = "2"\n', /bake\.hcl:1: expected the end of the line, found "B"/],
    ["an unknown block", 'thing "x" {}\n', /bake\.hcl:1: unsupported block type thing/],
    [
      "an unknown attribute",
      'target "default" {\n  nonsense = 1\n}\n',
      /bake\.hcl:2: unsupported attribute nonsense/,
    ],
    ["an unknown variable", target("NOPE"), /bake\.hcl:2: there is no variable named "NOPE"/],
    ["an unknown function", target("nope()"), /bake\.hcl:2: there is no function named "nope"/],
    [
      "a wrong type",
      'target "default" {\n  tags = "a"\n}\n',
      /bake\.hcl:2: tags: a list is required, got a string/,
    ],
    ["a wrong operand", target('"x" + 1'), /bake\.hcl:2: a number is required, got "x"/],
    [
      "an expression over which JavaScript's would go on for hours",
      target(`regex("^(a+)+$", "${"a".repeat(50)}b")`),
      /bake\.hcl:2: .*did not match any part/,
    ],
    [
      "an expression that is none",
      target('regex("(", "a")'),
      /bake\.hcl:2: .*invalid regular expression "\("/,
    ],
    ["an expression that looks ahead", target('regex("a(?=b)", "ab")'), /invalid or unsupported Perl syntax/],
    ["division by zero", target("1 / 0"), /bake\.hcl:2: division by zero/],
    ["an index outside", target("[1][4]"), /bake\.hcl:2: there is no 4 in a list/],
    ["a cycle of variables", `A = B\nB = A\n${target("A")}`, /variable cycle not allowed for A/],
    [
      "a cycle of targets",
      'target "default" { inherits = ["b"] }\ntarget "b" { inherits = ["default"] }\n',
      /targets need each other: default -> b -> default/,
    ],
    [
      "an endless function",
      `function "f" {\n  params = [x]\n  result = f(x)\n}\n${target("f(1)")}`,
      /f\(\) calls itself without an end/,
    ],
    [
      "a failed validation",
      `variable "V" {\n  default = "x"\n  validation {\n    condition = V != "x"\n    error_message = "not \${V}"\n  }\n}\n${target("V")}`,
      /bake\.hcl:3: V: not x/,
    ],
    [
      "a matrix without a name",
      'target "default" {\n  matrix = { x = ["1"] }\n}\n',
      /has a matrix but no name/,
    ],
    ["a bad name", 'target "a b" {}\n', /invalid name "a b"/],
    ["deep nesting", `V = ${"(".repeat(5000)}`, /nested too deeply/],
  ];
  for (const [name, text, message] of cases)
    it(name, async () => {
      using scratch = new Scratch();
      writeFiles(scratch.path, { "bake.hcl": text });
      const { code, err } = await runCli(["bake", "--print", "-f", "bake.hcl"], { cwd: scratch.path });
      assert.notEqual(code, 0);
      assert.match(err, message);
    });

  const others: readonly [file: string, text: string, message: RegExp][] = [
    ["bake.json", "{", /bake\.json:1: invalid JSON/],
    ["bake.json", '{"target": []}', /failed to find target default/],
    ["bake.json", '{"target": {"default": 1}}', /target "default" must be an object/],
    ["compose.yaml", "services: [", /compose\.yaml:\d: /],
    ["compose.yaml", "services: {a: {build: {privileged: true}}}", /build\.privileged is not supported/],
    [
      "compose.yaml",
      'services: {a: {build: {context: "${X:?tell me}"}}}',
      /required variable X is missing a value: tell me/,
    ],
  ];
  for (const [file, text, message] of others)
    it(`${file}: ${text}`, async () => {
      using scratch = new Scratch();
      writeFiles(scratch.path, { [file]: text });
      const { code, err } = await runCli(["bake", "--print", "-f", file], { cwd: scratch.path });
      assert.notEqual(code, 0);
      assert.match(err, message);
    });

  it("there is no file at all", async () => {
    using scratch = new Scratch();
    const { err } = await runCli(["bake", "--print"], { cwd: scratch.path });
    assert.match(err, /couldn't find a bake definition, expected one of compose\.yaml/);
  });
});
