import { COMMANDS } from "./commands/table.ts";
import { connect } from "./connect.ts";
import { openOutput } from "./output.ts";
import { runProgram } from "./program.ts";
import { rawTerminal } from "./terminal.ts";

// No await at the top level: the bundle is a script.
void runProgram(
  process.argv.slice(2),
  {
    stdin: () => process.stdin,
    rawMode: () => rawTerminal(process.stdin.fd),
    stdout: openOutput(1, () => process.stdout),
    stderr: openOutput(2, () => process.stderr),
    env: process.env,
    cwd: process.cwd(),
    signals: process,
    commands: COMMANDS,
    program: "slipway",
  },
  connect,
)
  // An open standard input would keep the process alive; every write above was awaited.
  .then((exitCode) => process.exit(exitCode));
