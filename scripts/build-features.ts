// Writes docs/build-features.md: every instruction, flag and option of a build with the test that proves it.
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "../cli/commands/build.ts";
import { BAKE_FEATURES } from "./build-features/bake.ts";
import { COMMAND_FEATURES } from "./build-features/command.ts";
import type { Feature } from "./build-features/feature.ts";
import { INSTRUCTION_FEATURES } from "./build-features/instructions.ts";
import { REFUSALS } from "./build-features/refusals.ts";

/** By the title of their section. */
export const FEATURES: Readonly<Record<string, readonly Feature[]>> = {
  Instructions: INSTRUCTION_FEATURES,
  Command: COMMAND_FEATURES,
  Bake: BAKE_FEATURES,
};

export const FEATURES_PAGE = new URL("../docs/build-features.md", import.meta.url);

const INTRODUCTION = `# What a build can do

This page is made by \`npm run docs\` from a table; a test looks for each proof it names, and for a row of every flag and instruction there is. A flag or a use of an
instruction that is not supported is an error that names it.
`;

const REFUSED_FLAGS = "test/cli/build-options/refused.test.ts";

export function renderFeatures(): string {
  const flags = (build.unsupported ?? [])
    .filter((name) => name.length > 1)
    .map((name): Feature => [`--${name}`, REFUSED_FLAGS, "what a build cannot do is refused by name"]);
  return [
    INTRODUCTION,
    ...Object.entries(FEATURES).map(([title, features]) => section(title, features)),
    section("Refused by name", [...flags, ...REFUSALS]),
  ].join("\n");
}

function section(title: string, features: readonly Feature[]): string {
  const lines = features.map(([name, file, test]) => `- \`${name}\`: ${test} (\`${file}\`)`);
  return `## ${title}\n\n${lines.join("\n")}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await writeFile(FEATURES_PAGE, renderFeatures());
