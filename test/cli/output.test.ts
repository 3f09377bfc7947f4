import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { openOutput } from "../../cli/output.ts";

const never = () => assert.fail("Node's stream was opened");
const LINE = "a line of no importance\n";
const LINES = 20_000;

/** A program that writes many lines to its standard output by openOutput(). */
const program = `
  import { openOutput } from ${JSON.stringify(pathToFileURL(join(import.meta.dirname, "../../cli/output.ts")).href)};
  import { write } from ${JSON.stringify(pathToFileURL(join(import.meta.dirname, "../../cli/context.ts")).href)};
  const out = openOutput(1, () => process.stdout);
  for (let i = 0; i < ${LINES}; i++) await write(out, ${JSON.stringify(LINE)});
  process.exit(0);
`;
const argv = ["--import", "tsx", "--input-type", "module", "--eval", program];

describe("standard output", () => {
  it("goes to a file at once, and Node's stream is not opened", () => {
    const folder = mkdtempSync(join(tmpdir(), "slipway-output-"));
    const fd = openSync(join(folder, "out"), "w");
    let done = 0;
    openOutput(fd, never).write("text ", () => done++);
    openOutput(fd, never).write(Buffer.from("and bytes"), () => done++);
    closeSync(fd);
    assert.equal(readFileSync(join(folder, "out"), "utf8"), "text and bytes");
    assert.equal(done, 2);
    rmSync(folder, { recursive: true });
  });

  it("loses nothing where it must not wait and the reader is slower", async () => {
    // The shell's /bin/sh has no way to say so: perl opens the pipe non-blocking, which the writer inherits.
    const nonBlocking =
      'use Fcntl; fcntl(STDOUT, F_SETFL, fcntl(STDOUT, F_GETFL, 0) | O_NONBLOCK); exec @ARGV or die "exec: $!"';
    const child = spawn("perl", ["-e", nonBlocking, process.execPath, ...argv], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let bytes = 0;
    for await (const chunk of child.stdout) bytes += (chunk as Buffer).length;
    assert.equal(bytes, LINES * LINE.length);
  });

  it("ends the process as SIGPIPE does when the reader went away", async () => {
    const child = spawn(process.execPath, argv, { stdio: ["ignore", "pipe", "inherit"] });
    child.stdout.once("data", () => child.stdout.destroy());
    const [code] = await new Promise<[number | null]>((resolve) =>
      child.once("exit", (status) => resolve([status])),
    );
    assert.equal(code, 141);
  });
});
