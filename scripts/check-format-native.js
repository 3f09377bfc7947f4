// Checks the C++ sources against .clang-format; says so where clang-format is not installed.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const sources = ["native/src", "native/launcher"].flatMap((directory) =>
  readdirSync(join(root, directory))
    .filter((name) => /\.(cc|h)$/.test(name))
    .map((name) => join(directory, name)),
);

if (spawnSync("clang-format", ["--version"], { stdio: "ignore" }).status !== 0) {
  process.stdout.write(
    "check-format-native: skipped, clang-format is not installed (apt-get install -y clang-format)\n",
  );
} else {
  const fix = process.argv.includes("--write");
  const args = [...(fix ? ["-i"] : ["--dry-run", "--Werror"]), ...sources];
  process.exitCode = spawnSync("clang-format", args, { cwd: root, stdio: "inherit" }).status ?? 1;
}
