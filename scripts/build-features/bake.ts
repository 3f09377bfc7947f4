import { BAKE_FAULTS, type Feature } from "./feature.ts";

const BAKE = "test/e2e/bake.test.ts";
const BAKE_PRINT = "test/cli/bake/cases.ts";

export const BAKE_FEATURES: readonly Feature[] = [
  ["HCL: every attribute of a target", BAKE_PRINT, "all attributes"],
  ["inherits, groups, target.NAME.ATTRIBUTE", BAKE_PRINT, "inheritance"],
  ["several files, --file", BAKE_PRINT, "patterns and paths"],
  ["files that are found by themselves", BAKE_PRINT, "several files"],
  ["variables and the environment", BAKE_PRINT, "variables"],
  ["types of variables, NAME_JSON", BAKE_PRINT, "typed overrides"],
  ["validation of variables", BAKE_FAULTS, "a failed validation"],
  ["functions", BAKE_PRINT, "functions"],
  ["regex, regexall, regex_replace", BAKE_PRINT, "regular expressions"],
  [
    "an expression that takes long elsewhere",
    BAKE_FAULTS,
    "an expression over which JavaScript's would go on",
  ],
  ["templates, here-documents, loops, operators", BAKE_PRINT, "expressions"],
  ["matrix", BAKE_PRINT, "matrix"],
  ["JSON", BAKE_PRINT, "json functions"],
  ["Compose files", BAKE_PRINT, "compose"],
  ["x-bake", BAKE_PRINT, "compose and x-bake"],
  ["--set, --push, --no-cache", BAKE_PRINT, "overrides"],
  ["--load, --pull", BAKE_PRINT, "flags"],
  ["annotations", BAKE, "annotates the manifest, and only that"],
  ["no-cache-filter", BAKE, "performs the stages of no-cache-filter again"],
  [
    "building, contexts that are targets, --metadata-file",
    BAKE,
    "builds the targets of a group, each after those it begins with, and what they share once",
  ],
  ["--allow, --progress", BAKE, "builds the targets of a group"],
  ["--print", BAKE_PRINT, "overrides"],
  ["--check, --call, --list", BAKE, "checks, and lists what there is"],
];
