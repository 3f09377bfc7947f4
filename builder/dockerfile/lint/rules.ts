import { quote } from "../characters.ts";

/** One check: what it is about, and what it says. */
export interface Rule {
  readonly description: string;
  readonly url: string;
  /** Off unless asked for. */
  readonly experimental: boolean;
  readonly message: (...details: string[]) => string;
}

const rule = (
  page: string,
  description: string,
  message: (...details: string[]) => string,
  experimental = false,
): Rule => ({
  description,
  message,
  experimental,
  url: page === "" ? "" : `https://docs.docker.com/go/dockerfile/rule/${page}/`,
});
const didYouMean = (near: string, sign = ""): string =>
  near === "" ? "" : ` (did you mean ${sign}${near}?)`;

/** https://docs.docker.com/reference/build-checks/ */
export const RULES = {
  StageNameCasing: rule(
    "stage-name-casing",
    "Stage names should be lowercase",
    (name) => `Stage name '${name}' should be lowercase`,
  ),
  FromAsCasing: rule(
    "from-as-casing",
    "The 'as' keyword should match the case of the 'from' keyword",
    (from, as) => `'${as}' and '${from}' keywords' casing do not match`,
  ),
  NoEmptyContinuation: rule(
    "no-empty-continuation",
    "Empty continuation lines will become errors in a future release",
    () => "Empty continuation line",
  ),
  ConsistentInstructionCasing: rule(
    "consistent-instruction-casing",
    "All commands within the Dockerfile should use the same casing (either upper or lower)",
    (command, casing) => `Command '${command}' should match the case of the command majority (${casing})`,
  ),
  DuplicateStageName: rule(
    "duplicate-stage-name",
    "Stage names should be unique",
    (name = "") => `Duplicate stage name ${quote(name)}, stage names should be unique`,
  ),
  ReservedStageName: rule(
    "reserved-stage-name",
    "Reserved words should not be used as stage names",
    (name = "") => `Stage name should not use the same name as reserved stage ${quote(name)}`,
  ),
  JSONArgsRecommended: rule(
    "json-args-recommended",
    "JSON arguments recommended for ENTRYPOINT/CMD to prevent unintended behavior related to OS signals",
    (command) =>
      `JSON arguments recommended for ${command} to prevent unintended behavior related to OS signals`,
  ),
  MaintainerDeprecated: rule(
    "maintainer-deprecated",
    "The MAINTAINER instruction is deprecated, use a label instead to define an image author",
    () => "Maintainer instruction is deprecated in favor of using label",
  ),
  UndefinedArgInFrom: rule(
    "undefined-arg-in-from",
    "FROM command must use declared ARGs",
    (name, near = "") => `FROM argument '${name}' is not declared${didYouMean(near)}`,
  ),
  WorkdirRelativePath: rule(
    "workdir-relative-path",
    "Relative workdir without an absolute workdir declared within the build can have unexpected results if the base image changes",
    (path = "") => `Relative workdir ${quote(path)} can have unexpected results if the base image changes`,
  ),
  UndefinedVar: rule(
    "undefined-var",
    "Variables should be defined before their use",
    (name, near = "") => `Usage of undefined variable '$${name}'${didYouMean(near, "$")}`,
  ),
  MultipleInstructionsDisallowed: rule(
    "multiple-instructions-disallowed",
    "Multiple instructions of the same type should not be used in the same stage",
    (command) =>
      `Multiple ${command} instructions should not be used in the same stage because only the last one will be used`,
  ),
  LegacyKeyValueFormat: rule(
    "legacy-key-value-format",
    "Legacy key/value format with whitespace separator should not be used",
    (command) => `"${command} key=value" should be used instead of legacy "${command} key value" format`,
  ),
  InvalidBaseImagePlatform: rule(
    "",
    "Base image platform does not match expected target platform",
    (image, expected = "", actual = "") =>
      `Base image ${image} was pulled with platform ${quote(actual)}, expected ${quote(expected)} for current build`,
  ),
  RedundantTargetPlatform: rule(
    "redundant-target-platform",
    "Setting platform to predefined $TARGETPLATFORM in FROM is redundant as this is the default behavior",
    (platform) =>
      `Setting platform to predefined ${platform} in FROM is redundant as this is the default behavior`,
  ),
  SecretsUsedInArgOrEnv: rule(
    "secrets-used-in-arg-or-env",
    "Sensitive data should not be used in the ARG or ENV commands",
    (command, key = "") => `Do not use ARG or ENV instructions for sensitive data (${command} ${quote(key)})`,
  ),
  InvalidDefaultArgInFrom: rule(
    "invalid-default-arg-in-from",
    "Default value for global ARG results in an empty or invalid base image name",
    (base) => `Default value for ARG ${base} results in empty or invalid base image name`,
  ),
  FromPlatformFlagConstDisallowed: rule(
    "from-platform-flag-const-disallowed",
    "FROM --platform flag should not use a constant value",
    (platform = "") => `FROM --platform flag should not use constant value ${quote(platform)}`,
  ),
  CopyIgnoredFile: rule(
    "copy-ignored-file",
    "Attempting to Copy file that is excluded by .dockerignore",
    (command, path = "") => `Attempting to ${command} file ${quote(path)} that is excluded by .dockerignore`,
  ),
  InvalidDefinitionDescription: rule(
    "invalid-definition-description",
    "Comment for build stage or argument should follow the format: `# <arg/stage name> <description>`. If this is not intended to be a description comment, add an empty line or comment between the instruction and the comment.",
    (command, name) => `Comment for ${command} should follow the format: \`# ${name} <description>\``,
    true,
  ),
  ExposeProtoCasing: rule(
    "expose-proto-casing",
    "Protocol in EXPOSE instruction should be lowercase",
    (port) => `Defined protocol '${port}' in EXPOSE instruction should be lowercase`,
  ),
  ExposeInvalidFormat: rule(
    "expose-invalid-format",
    "IP address and host-port mapping should not be used in EXPOSE instruction. This will become an error in a future release",
    (port) => `EXPOSE instruction should not define an IP address or host-port mapping, found '${port}'`,
  ),
} as const satisfies Readonly<Record<string, Rule>>;

export type RuleName = keyof typeof RULES;
