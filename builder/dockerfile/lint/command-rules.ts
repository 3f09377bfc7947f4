import type { ContainerConfig } from "../../../image/config.ts";
import type { LineRange } from "../ast.ts";
import type { Command } from "../instructions/types.ts";
import type { Report } from "./reporter.ts";

// Rules that look at an instruction where it is applied.

/** An instruction being applied. */
export interface Applied {
  /** Expanded. */
  readonly instruction: Command;
  /** Variables it refers to that nothing declares, once for each word that does, with the one that may be meant. */
  readonly undefinedVariables: readonly { readonly name: string; readonly near: string | undefined }[];
  /** The configuration before it. */
  readonly config: ContainerConfig;
  /** Where CMD, ENTRYPOINT and HEALTHCHECK stood before in this stage. */
  readonly earlier: LineRange | undefined;
  /** A WORKDIR stood before it. */
  readonly hasWorkdir: boolean;
  /** The arguments of EXPOSE, expanded, with what they say. */
  readonly ports: readonly {
    readonly text: string;
    readonly protocol: string;
    readonly isMapping: boolean;
  }[];
  /** Sources in the build context that are ignored there. */
  readonly ignoredSources: readonly string[];
}
type Rule = (applied: Applied, report: Report) => void;

/** These arguments are the builder's: nobody has to declare them. */
const BUILDER_ARGUMENTS = new Set(["BUILDKIT_SBOM_SCAN_CONTEXT", "BUILDKIT_SBOM_SCAN_STAGE"]);

const undefinedVar: Rule = ({ instruction, undefinedVariables }, report) => {
  for (const { name, near = "" } of undefinedVariables) {
    if (!BUILDER_ARGUMENTS.has(name)) report("UndefinedVar", instruction, name, near);
  }
};

const legacyKeyValue: Rule = ({ instruction }, report) => {
  if (instruction.kind !== "ENV" && instruction.kind !== "LABEL") return;
  for (const { legacy } of instruction.pairs) {
    if (legacy) report("LegacyKeyValueFormat", instruction, instruction.keyword);
  }
};

const words = (list: readonly string[]): RegExp => new RegExp(`(?:_|^)(?:${list.join("|")})(?:_|$)`, "i");
const SECRET = words([
  "apikey",
  "auth",
  "credential",
  "credentials",
  "key",
  "password",
  "pword",
  "passwd",
  "secret",
  "token",
]);
const HARMLESS = words(["public", "file", "version"]);

const secrets: Rule = ({ instruction }, report) => {
  const { kind } = instruction;
  const entries = kind === "ENV" ? instruction.pairs : kind === "ARG" ? instruction.args : [];
  for (const { key } of entries) {
    if (SECRET.test(key) && !HARMLESS.test(key)) report("SecretsUsedInArgOrEnv", instruction, kind, key);
  }
};

const jsonArgs: Rule = ({ instruction, config }, report) => {
  if (instruction.kind !== "CMD" && instruction.kind !== "ENTRYPOINT") return;
  if (!instruction.shellForm || (config.Shell?.length ?? 0) > 0) return;
  report("JSONArgsRecommended", instruction, instruction.keyword);
};

/** It is the earlier one that is lost, so that is where the warning stands. */
const multiple: Rule = ({ instruction, earlier }, report) => {
  if (earlier === undefined) return;
  const { keyword, comments } = instruction;
  report("MultipleInstructionsDisallowed", { lines: earlier, comments }, keyword);
};

const relativeWorkdir: Rule = ({ instruction, hasWorkdir }, report) => {
  if (instruction.kind !== "WORKDIR" || hasWorkdir || instruction.path.startsWith("/")) return;
  report("WorkdirRelativePath", instruction, instruction.path);
};

const exposedPorts: Rule = ({ instruction, ports }, report) => {
  for (const { text, protocol, isMapping } of ports) {
    if (protocol !== protocol.toLowerCase()) report("ExposeProtoCasing", instruction, text);
    if (isMapping) report("ExposeInvalidFormat", instruction, text);
  }
};

const ignoredFiles: Rule = ({ instruction, ignoredSources }, report) => {
  const command = instruction.kind === "ADD" ? "Add" : "Copy";
  for (const path of ignoredSources) report("CopyIgnoredFile", instruction, command, path);
};

const RULES: readonly Rule[] = [
  undefinedVar,
  legacyKeyValue,
  secrets,
  multiple,
  jsonArgs,
  relativeWorkdir,
  exposedPorts,
  ignoredFiles,
];

export function checkCommand(applied: Applied, report: Report): void {
  for (const rule of RULES) rule(applied, report);
}
