import { COMMANDS } from "./commands/table.ts";
import { connect } from "./connect.ts";
import { runProgram } from "./program.ts";
import { rawTerminal } from "./terminal.ts";

// A reader that went away ("slipway logs x | head") ends the command quietly, as SIGPIPE does elsewhere.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 141 : 1));

// No await at the top level: the bundle is a script.
void runProgram(
  process.argv.slice(2),
  {
    stdin: () => process.stdin,
    rawMode: () => rawTerminal(process.stdin.fd),
    stdout: process.stdout,
    stderr: process.stderr,
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
