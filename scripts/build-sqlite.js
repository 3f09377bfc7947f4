// Compiles better-sqlite3 for the running Node unless it loads already; from source, where its own install script would try a download.
import { spawnSync } from "node:child_process";
import path from "node:path";
import { fail, nodeGyp, root, say } from "./run.js";

if (!loads()) {
  say("compiling better-sqlite3 (about a minute)");
  nodeGyp(["rebuild"], path.join(root, "node_modules/better-sqlite3"));
  if (!loads()) fail("better-sqlite3 was compiled but cannot be loaded");
}

/** In a process of its own: an addon of another ABI must not stay loaded here. */
function loads() {
  const script = `new (require("better-sqlite3"))(":memory:").close()`;
  return spawnSync(process.execPath, ["-e", script], { cwd: root, stdio: "ignore" }).status === 0;
}
