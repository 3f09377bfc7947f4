// Writes docs/build-features.md: every instruction, flag and option of a build with the test that proves it.
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "../cli/commands/build.ts";
import { FEATURES } from "./build-features-table.ts";

export const FEATURES_PAGE = new URL("../docs/build-features.md", import.meta.url);

const INTRODUCTION = `# What a build can do

This page is made by \`npm run docs\` from a table; a test looks for each proof it names. A flag or a use of an instruction that is not supported is an error
that names it.
`;

export function renderFeatures(): string {
  const sections = Object.entries(FEATURES).map(([title, features]) => {
    const lines = features.map(([name, file, test]) => `- \`${name}\`: ${test} (\`${file}\`)`);
    return `## ${title}\n\n${lines.join("\n")}\n`;
  });
  const refused = (build.unsupported ?? []).filter((name) => name.length > 1);
  const flags = refused.map((name) => `\`--${name}\``).join(", ");
  return [
    INTRODUCTION,
    ...sections,
    `## Refused by name\n\nFlags: ${flags}. Instructions: \`RUN --device\`.\n`,
  ].join("\n");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await writeFile(FEATURES_PAGE, renderFeatures());
