import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { describe, it } from "mocha";
import { Scratch } from "../../support/scratch.ts";
import { type Answers, runCli } from "../support/run-cli.ts";

const DOCKERFILE = "FROM scratch\nENV A b\n";
const location = { ranges: [{ start: { line: 2 }, end: { line: 2 } }] };
const args = [{ name: "A", value: "1", description: "what\tit is", location }];
const warning = { type: "warning", rule: "Rule", message: "wrong", at: { file: "D", line: 2, endLine: 2 } };

async function called(call: string, answers: Answers) {
  using scratch = new Scratch();
  writeFileSync(scratch.join("Dockerfile"), DOCKERFILE);
  const { code, out, err } = await runCli(["build", ...call.split(" "), "."], { cwd: scratch.path, answers });
  return { code, out, err };
}

describe("what is asked in place of a build", () => {
  const answers: Answers = {
    "builds.outline": { args, sources: [] },
    "builds.targets": { targets: [{ name: "one", default: true, location }], sources: [] },
    "builds.check": (_request: unknown, report: (event: unknown) => void) => {
      report(warning);
      return Promise.resolve();
    },
  };
  const printed: readonly (readonly [call: string, out: string, code: number])[] = [
    ["--call outline", "BUILD ARG   VALUE   DESCRIPTION\nA           1       what it is\n\n", 0],
    ["--call targets,format=text", "TARGET        DESCRIPTION\none (default) \n", 0],
    ["--call=check", "Check complete, 1 warning has been found!\n\nWARNING: Rule\nwrong\nD:2\n", 1],
    ["--check", "Check complete, 1 warning has been found!\n\nWARNING: Rule\nwrong\nD:2\n", 1],
  ];
  for (const [call, out, code] of printed)
    it(`is told as text for ${call}`, async () => {
      assert.deepEqual(await called(call, answers), { code, out, err: "" });
    });

  const documents: readonly (readonly [call: string, document: unknown])[] = [
    ["outline", { args, sources: [] }],
    ["targets", { targets: [{ name: "one", default: true, location }], sources: [] }],
    [
      "check",
      {
        warnings: [{ ruleName: "Rule", detail: "wrong", location }],
        sources: [
          {
            filename: "Dockerfile",
            data: Buffer.from(DOCKERFILE).toString("base64"),
            language: "Dockerfile",
          },
        ],
      },
    ],
  ];
  for (const [call, document] of documents)
    it(`is told as a document for ${call},format=json`, async () => {
      assert.deepEqual(JSON.parse((await called(`--call ${call},format=json`, answers)).out), document);
    });

  for (const call of ["nonsense", "outline,format=yaml", "outline,ignorestatus"])
    it(`is not ${call}`, async () => {
      const { code, err } = await called(`--call ${call}`, {});
      assert.notEqual(code, 0);
      assert.match(err, /for --call: expected one of build, check, outline, targets/);
    });

  it("is nothing where a build is called for", async () => {
    const built = { "builds.build": { image: "sha256:x", tags: [] } };
    assert.equal((await called("-q --call build", built)).out, "sha256:x\n");
  });
});
