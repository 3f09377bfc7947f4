import assert from "node:assert/strict";
import { closeSync, openSync } from "node:fs";
import { loadKernel } from "../../native/binding.ts";
import { requiresCommand } from "../support/requires.ts";
import { requiresKernel, run } from "./support.ts";

describe("native/terminal", () => {
  before(function () {
    requiresKernel(this);
    requiresCommand(this, "script");
  });

  it("makes a terminal raw and gives its settings back", () => {
    const binding = JSON.stringify(new URL("../../native/binding.ts", import.meta.url).href);
    const program = `
      import { execSync } from "node:child_process";
      import { loadKernel } from ${binding};
      const kernel = loadKernel();
      const words = () => execSync("stty -a", { stdio: ["inherit", "pipe", "inherit"] }).toString().match(/-?(icanon|echo)(?=[ ;\\n])/g).join(" ");
      execSync("stty rows 41 columns 99", { stdio: "inherit" });
      const saved = kernel.rawTerminal(0);
      const raw = words();
      kernel.restoreTerminal(0, saved);
      console.log(JSON.stringify([raw, words(), kernel.terminalSize(0)]));
    `;
    const command = `"${process.execPath}" --import tsx --input-type=module --eval "$PROGRAM"`;
    const said = run("env", `PROGRAM=${program}`, "script", "-qec", command, "/dev/null");
    assert.deepEqual(JSON.parse(said), ["-icanon -echo", "icanon echo", { columns: 99, rows: 41 }]);
  });

  it("fails for what is no terminal", () => {
    const file = openSync("/dev/null", "r");
    assert.throws(() => loadKernel().rawTerminal(file), { message: "tcgetattr: ENOTTY" });
    assert.throws(() => loadKernel().terminalSize(file), { message: "ioctl: ENOTTY" });
    closeSync(file);
  });
});
