// Writes docs/cli.md from the records of the commands, the same that --help prints: node --import tsx scripts/cli-reference.ts
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Entry } from "../cli/command.ts";
import { COMMANDS } from "../cli/commands/table.ts";
import { commandHelp, nameOf } from "../cli/help.ts";

const PROGRAM = "slipway";
const WIDTH = 110;
export const REFERENCE = new URL("../docs/cli.md", import.meta.url);

const INTRODUCTION = `# Command reference

This page is made by \`npm run docs\` from the same records as \`${PROGRAM} COMMAND --help\`; a test compares the two.

Before the command stand \`--root DIRECTORY\` (the state root; \`SLIPWAY_ROOT\`; \`SLIPWAY_STORAGE_DRIVER\` says how it stacks layers, \`SLIPWAY_CACHE_SPACE\` how much its build cache may have: a size, or \`off\`), \`-H\`, \`--host\` (the daemon to use; \`DOCKER_HOST\`), \`-c\`, \`--context\`
(the context of docker's that names one; \`DOCKER_CONTEXT\`), \`--tls\`, \`--tlsverify\`, \`--tlscacert\`, \`--tlscert\`, \`--tlskey\` (how it is reached by TLS;
\`DOCKER_TLS_VERIFY\`, \`DOCKER_CERT_PATH\`), \`-D\`, \`--debug\` (where an
error came from) and \`-v\`, \`--version\`; \`-d\`, \`--daemon\` is \`daemon\` in Docker's first spelling. A flag of docker's that is not supported is an error that names it.
`;

async function section(entry: Entry): Promise<string> {
  const help = commandHelp(PROGRAM, entry, await entry.load(), WIDTH);
  return `## ${PROGRAM} ${nameOf(entry)}\n\n\`\`\`\n${help.trimEnd()}\n\`\`\`\n`;
}

export async function renderReference(): Promise<string> {
  const entries = COMMANDS.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  const index = entries.map((entry) => {
    const name = `${PROGRAM} ${nameOf(entry)}`;
    return `- [\`${nameOf(entry)}\`](#${name.replaceAll(" ", "-")}): ${entry.summary}`;
  });
  const sections = await Promise.all(entries.map(section));
  return [INTRODUCTION, `${index.join("\n")}\n`, ...sections].join("\n");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await writeFile(REFERENCE, await renderReference());
