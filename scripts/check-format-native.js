// Fails when a C++ file is not formatted as .clang-format says; "--write" formats instead.
import { spawnSync } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";
import glob from "fast-glob";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const files = glob.sync("native/**/*.{cc,h}", { cwd: root });
const mode = process.argv.includes("--write") ? ["-i"] : ["--dry-run", "-Werror"];
if (files.length > 0) {
  const { status, error } = spawnSync("clang-format", [...mode, ...files], { cwd: root, stdio: "inherit" });
  if (error !== undefined) process.stderr.write(`clang-format: ${error.message}\n`);
  process.exitCode = status ?? 1;
}
