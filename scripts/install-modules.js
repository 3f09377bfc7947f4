// Brings node_modules in line with package-lock.json.
//
// Install scripts are not run: npm 10 runs them all, npm 11 none that is not approved. The one that matters is build-sqlite.js.
import { existsSync, lstatSync, readFileSync, unlinkSync } from "node:fs";
import path from "node:path";
import { root, run, say } from "./run.js";

if (!isCurrent()) {
  say("installing node_modules (npm ci)");
  // npm would empty the folder behind a link, which may serve other checkouts.
  const modules = path.join(root, "node_modules");
  if (lstatSync(modules, { throwIfNoEntry: false })?.isSymbolicLink()) unlinkSync(modules);
  run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], root);
}

/** npm leaves a copy of the lock it installed; equal versions everywhere mean nothing is to be done. */
function isCurrent() {
  const installed = path.join(root, "node_modules/.package-lock.json");
  if (!existsSync(installed)) return false;
  const have = JSON.parse(readFileSync(installed, "utf8")).packages;
  const want = JSON.parse(readFileSync(path.join(root, "package-lock.json"), "utf8")).packages;
  return Object.entries(want).every(
    ([name, entry]) => name === "" || entry.optional === true || have[name]?.version === entry.version,
  );
}
