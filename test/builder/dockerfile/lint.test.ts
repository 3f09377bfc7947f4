// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the shell syntax is what is tested
import assert from "node:assert/strict";
import { IgnoreRules } from "../../../builder/context/ignore-rules.ts";
import { RULES, type RuleName } from "../../../builder/dockerfile/lint/rules.ts";
import { parseDockerfile } from "../../../builder/dockerfile/parse.ts";
import { resolveDockerfile } from "../../../builder/dockerfile/resolve/resolve.ts";
import type { ResolveOptions, Warning } from "../../../builder/dockerfile/resolved.ts";
import { isCode } from "../../../core/errors.ts";

type Options = Partial<Omit<ResolveOptions, "buildArgs">> & {
  readonly args?: Readonly<Record<string, string>>;
};
async function warnings(text: string, { args = {}, ...options }: Options = {}): Promise<readonly Warning[]> {
  const found: Warning[] = [];
  await resolveDockerfile(parseDockerfile(text), {
    buildPlatform: { os: "linux", architecture: "amd64" },
    loadImage: () =>
      Promise.resolve({ architecture: "amd64", os: "linux", rootfs: { type: "layers", diff_ids: [] } }),
    warn: (warning) => found.push(warning),
    ...options,
    buildArgs: new Map(Object.entries(args)),
  });
  return found;
}

interface Case {
  readonly bad: string;
  readonly message: string;
  readonly line: number;
  readonly good: readonly string[];
  readonly options?: Options;
}
const ignore = (text: string): Options => ({
  isIgnored: (path) => IgnoreRules.parse(text).hidesSource(path),
});
const EXPERIMENTAL: Options = { args: { BUILDKIT_DOCKERFILE_CHECK: "experimental=all" } };

const CASES: { readonly [R in RuleName]: readonly Case[] } = {
  StageNameCasing: [
    {
      bad: "FROM a AS Build",
      message: "Stage name 'Build' should be lowercase",
      line: 1,
      good: ["FROM a AS build"],
    },
  ],
  FromAsCasing: [
    {
      bad: "FROM a as b",
      message: "'as' and 'FROM' keywords' casing do not match",
      line: 1,
      good: ["FROM a AS b", "from a as b"],
    },
    { bad: "from a AS b", message: "'AS' and 'from' keywords' casing do not match", line: 1, good: [] },
  ],
  NoEmptyContinuation: [
    {
      bad: "FROM a\nRUN x \\\n\n  y",
      message: "Empty continuation line",
      line: 4,
      good: ["FROM a\nRUN x \\\n# z\n  y"],
    },
  ],
  ConsistentInstructionCasing: [
    {
      bad: "FROM a\nRun x",
      message: "Command 'Run' should match the case of the command majority (uppercase)",
      line: 2,
      good: ["from a\nrun x"],
    },
    {
      bad: "from a\nrun x\nUSER y",
      message: "Command 'USER' should match the case of the command majority (lowercase)",
      line: 3,
      good: [],
    },
  ],
  DuplicateStageName: [
    {
      bad: "FROM a AS x\nFROM a AS x",
      message: `Duplicate stage name "x", stage names should be unique`,
      line: 2,
      good: ["FROM a AS x\nFROM a AS y"],
    },
  ],
  ReservedStageName: [
    {
      bad: "FROM a AS scratch",
      message: `Stage name should not use the same name as reserved stage "scratch"`,
      line: 1,
      good: ["FROM scratch"],
    },
    {
      bad: "FROM a AS context",
      message: `Stage name should not use the same name as reserved stage "context"`,
      line: 1,
      good: [],
    },
  ],
  JSONArgsRecommended: [
    {
      bad: "FROM a\nCMD x",
      message: "JSON arguments recommended for CMD to prevent unintended behavior related to OS signals",
      line: 2,
      good: ['FROM a\nCMD ["x"]', 'FROM a\nSHELL ["b", "-c"]\nCMD x'],
    },
  ],
  MaintainerDeprecated: [
    {
      bad: "FROM a\nMAINTAINER x",
      message: "Maintainer instruction is deprecated in favor of using label",
      line: 2,
      good: [],
    },
  ],
  UndefinedArgInFrom: [
    {
      bad: "ARG NAME=a\nFROM a:${NAEM}1",
      message: "FROM argument 'NAEM' is not declared (did you mean NAME?)",
      line: 2,
      good: ["ARG NAME=a\nFROM $NAME"],
    },
    {
      bad: "FROM --platform=${P:-linux/amd64} a",
      message: "FROM argument 'P' is not declared",
      line: 1,
      good: ["FROM --platform=$BUILDPLATFORM a"],
    },
  ],
  WorkdirRelativePath: [
    {
      bad: "FROM a\nWORKDIR x\nWORKDIR y",
      message: `Relative workdir "x" can have unexpected results if the base image changes`,
      line: 2,
      good: ["FROM a\nWORKDIR /x\nWORKDIR y", "FROM a AS b\nWORKDIR /x\nFROM b\nWORKDIR y"],
    },
  ],
  UndefinedVar: [
    {
      bad: "FROM a\nENV NAME=x\nCOPY $NAEM y",
      message: "Usage of undefined variable '$NAEM' (did you mean $NAME?)",
      line: 3,
      good: ["FROM a\nARG X\nCOPY $X y", "FROM a\nCOPY $PATH y", "FROM a\nRUN $X"],
    },
    {
      bad: "FROM a\nRUN --mount=target=/$Q x",
      message: "Usage of undefined variable '$Q'",
      line: 2,
      good: [],
    },
    { bad: "FROM a\nARG A=$Q", message: "Usage of undefined variable '$Q'", line: 2, good: [] },
    {
      bad: "FROM a\nCOPY <<E x\n$Q\nE",
      message: "Usage of undefined variable '$Q'",
      line: 2,
      good: ["FROM a\nCOPY <<'E' x\n$Q\nE"],
    },
  ],
  MultipleInstructionsDisallowed: [
    {
      bad: 'FROM a\nCMD ["x"]\nCMD ["y"]',
      message:
        "Multiple CMD instructions should not be used in the same stage because only the last one will be used",
      line: 2,
      good: ['FROM a AS b\nCMD ["x"]\nFROM b\nCMD ["y"]'],
    },
    {
      bad: "FROM a\nHEALTHCHECK NONE\nHEALTHCHECK NONE",
      message:
        "Multiple HEALTHCHECK instructions should not be used in the same stage because only the last one will be used",
      line: 2,
      good: [],
    },
  ],
  LegacyKeyValueFormat: [
    {
      bad: "FROM a\nENV A b",
      message: `"ENV key=value" should be used instead of legacy "ENV key value" format`,
      line: 2,
      good: ["FROM a\nENV A=b"],
    },
    {
      bad: "FROM a\nLABEL A b",
      message: `"LABEL key=value" should be used instead of legacy "LABEL key value" format`,
      line: 2,
      good: [],
    },
  ],
  InvalidBaseImagePlatform: [
    {
      bad: "FROM --platform=$BUILDPLATFORM x",
      options: { buildPlatform: { os: "linux", architecture: "arm64" } },
      message: `Base image x was pulled with platform "linux/amd64", expected "linux/arm64" for current build`,
      line: 1,
      good: [],
    },
  ],
  RedundantTargetPlatform: [
    {
      bad: "FROM --platform=$TARGETPLATFORM a",
      message:
        "Setting platform to predefined $TARGETPLATFORM in FROM is redundant as this is the default behavior",
      line: 1,
      good: ["FROM --platform=$BUILDPLATFORM a"],
    },
  ],
  SecretsUsedInArgOrEnv: [
    {
      bad: "FROM a\nARG GIT_TOKEN",
      message: `Do not use ARG or ENV instructions for sensitive data (ARG "GIT_TOKEN")`,
      line: 2,
      good: ["FROM a\nARG TOKENIZER PUBLIC_KEY SECRET_FILE MONKEY"],
    },
    {
      bad: "FROM a\nENV db_password=x",
      message: `Do not use ARG or ENV instructions for sensitive data (ENV "db_password")`,
      line: 2,
      good: [],
    },
  ],
  InvalidDefaultArgInFrom: [
    {
      bad: "ARG TAG\nFROM a:$TAG",
      options: { args: { TAG: "1" } },
      message: "Default value for ARG a:$TAG results in empty or invalid base image name",
      line: 2,
      good: ["ARG TAG=1\nFROM a:$TAG"],
    },
  ],
  FromPlatformFlagConstDisallowed: [
    {
      bad: "FROM --platform=linux/amd64 a AS b",
      message: `FROM --platform flag should not use constant value "linux/amd64"`,
      line: 1,
      good: ["FROM --platform=linux/amd64 a AS build-amd64"],
    },
  ],
  CopyIgnoredFile: [
    {
      bad: "FROM a\nCOPY ./secret/ x /y/",
      options: ignore("secret"),
      message: `Attempting to Copy file "secret" that is excluded by .dockerignore`,
      line: 2,
      good: ["FROM a\nCOPY x y", "FROM a AS b\nFROM a\nCOPY --from=b secret x"],
    },
    {
      bad: "FROM a\nADD k y",
      options: ignore("k"),
      message: `Attempting to Add file "k" that is excluded by .dockerignore`,
      line: 2,
      good: [],
    },
  ],
  InvalidDefinitionDescription: [
    {
      bad: "# makes it\nFROM a AS build",
      options: EXPERIMENTAL,
      message: "Comment for FROM should follow the format: `# build <description>`",
      line: 2,
      good: ["# build makes it\nFROM a AS build", "# it\n#\nFROM a AS build", "# it\nFROM a"],
    },
    {
      bad: "FROM a\n# two\nARG A=1 B",
      options: EXPERIMENTAL,
      message: "Comment for ARG should follow the format: `# <arg_key> <description>`",
      line: 3,
      good: [],
    },
  ],
  ExposeProtoCasing: [
    {
      bad: "FROM a\nEXPOSE 80/TCP",
      message: "Defined protocol '80/TCP' in EXPOSE instruction should be lowercase",
      line: 2,
      good: ["FROM a\nEXPOSE 80/tcp"],
    },
  ],
  ExposeInvalidFormat: [
    {
      bad: "FROM a\nEXPOSE 127.0.0.1:80:80",
      message:
        "EXPOSE instruction should not define an IP address or host-port mapping, found '127.0.0.1:80:80'",
      line: 2,
      good: ["FROM a\nEXPOSE 80-90"],
    },
  ],
};

const only = (found: readonly Warning[], rule: string): readonly Warning[] =>
  found.filter((each) => each.rule === rule);

describe("Checks", () => {
  it("are 22, each with a page of its own", () => {
    assert.equal(Object.keys(RULES).length, 22);
    for (const [name, { url }] of Object.entries(RULES)) {
      if (name !== "InvalidBaseImagePlatform")
        assert.match(url, /^https:\/\/docs\.docker\.com\/go\/dockerfile\/rule\/[a-z-]+\/$/);
    }
  });

  for (const [rule, cases] of Object.entries(CASES)) {
    it(rule, async () => {
      for (const { bad, message, line, good, options } of cases) {
        const found = only(await warnings(bad, options), rule);
        assert.deepEqual(
          found.map((each) => [each.message, each.lines.first]),
          [[message, line]],
          bad,
        );
        for (const text of good) assert.deepEqual(only(await warnings(text, options), rule), [], text);
      }
    });
  }

  it("can be skipped for the file, by directive or build argument", async () => {
    const text = "FROM a\nENV A b\nMAINTAINER x";
    const rules = async (header: string, check?: string): Promise<readonly string[]> =>
      (
        await warnings(
          header + text,
          check === undefined ? {} : { args: { BUILDKIT_DOCKERFILE_CHECK: check } },
        )
      ).map(({ rule }) => rule);
    assert.deepEqual(await rules(""), ["MaintainerDeprecated", "LegacyKeyValueFormat"]);
    assert.deepEqual(await rules("# check=skip=MaintainerDeprecated\n"), ["LegacyKeyValueFormat"]);
    assert.deepEqual(await rules("# check=skip=all\n"), []);
    assert.deepEqual(await rules("# check=skip=all\n", "skip=MaintainerDeprecated"), [
      "LegacyKeyValueFormat",
    ]);
  });

  it("can be skipped for one instruction", async () => {
    const text = "FROM a\n# check=skip=LegacyKeyValueFormat\nENV A b\nENV C d";
    assert.deepEqual(
      (await warnings(text)).map(({ lines }) => lines.first),
      [4],
    );
  });

  it("can fail a build", async () => {
    await assert.rejects(
      warnings("# check=error=true\nFROM a\nENV A b\nENV B c\nMAINTAINER x"),
      (error) =>
        isCode(error, "DOCKERFILE_INVALID") &&
        error.message === "lint violation found for rules: MaintainerDeprecated, LegacyKeyValueFormat",
    );
    assert.deepEqual(await warnings("# check=error=true\nFROM a"), []);
  });

  for (const [value, message] of [
    ["skip", `failed to parse check options: invalid check option "skip"`],
    ["skp=all", `failed to parse check options: invalid check option "skp"`],
    ["error=maybe", `failed to parse check options: failed to parse check option "error=maybe"`],
  ] as const) {
    it(`refuse to be configured by ${value}`, async () => {
      await assert.rejects(warnings(`# check=${value}\nFROM a`), { message });
    });
  }

  it("that the target does not need are left out", async () => {
    const text = "FROM a AS x\nENV A b\nFROM a AS y";
    assert.deepEqual(await warnings(text), []);
    assert.equal((await warnings(text, { allStages: true })).length, 1);
  });
});
