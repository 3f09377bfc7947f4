import { execFileSync } from "node:child_process";
import { closeSync, constants, existsSync, openSync } from "node:fs";
import type { Context } from "mocha";
import { loadKernel } from "../../native/binding.ts";
import type { WrittenLayer } from "../../native/kernel.ts";
import { requiresNativeCore, requiresRoot } from "../support/requires.ts";

/** For `before`: these tests make devices, owners and mounts. */
export function requiresKernel(test: Context): void {
  requiresRoot(test);
  requiresNativeCore(test);
}

/** Calls `use` with a descriptor of the file or directory and closes it. */
export async function withOpen<T>(
  path: string,
  flags: string | number,
  use: (fd: number) => T | Promise<T>,
): Promise<T> {
  const fd = openSync(path, flags);
  try {
    return await use(fd);
  } finally {
    closeSync(fd);
  }
}

export const DIRECTORY = constants.O_RDONLY | constants.O_DIRECTORY;

/** Output of a command that has to succeed. */
export const run = (command: string, ...args: readonly string[]): string =>
  execFileSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

/** Output of a shell script, run in `folder`. */
export const shell = (folder: string, script: string): string =>
  execFileSync("sh", ["-euc", script], { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

/** Everything that a tree's copy has to keep, one line an entry: type, mode, owner, size, times, links, devices, xattrs. */
export function describeTree(folder: string): string {
  const entries = shell(
    folder,
    `find . -mindepth 1 -printf '%P %y %m %U:%G %T@ %n %l ' \\( -type f -printf '%s' -o -true \\) -printf '\\n' | sort`,
  );
  const devices = shell(folder, "find . -type b -o -type c | sort | xargs -r stat -c '%n %t:%T'");
  const content = shell(folder, "find . -type f -print0 | sort -z | xargs -0r sha256sum");
  return entries + devices + content;
}

export async function writeUpperTo(
  tar: string,
  upper: string,
  options: { readonly clampMtime?: number; readonly exclude?: readonly string[] } = {},
): Promise<WrittenLayer> {
  return withOpen(tar, "w", (out) => loadKernel().writeUpper(out, upper, options));
}

export async function unpack(
  tar: string,
  target: string,
  options: Parameters<ReturnType<typeof loadKernel>["unpackLayer"]>[2] = { whiteouts: "keep" },
): Promise<{ readonly entries: number; readonly bytes: number }> {
  return withOpen(tar, "r", (fd) => loadKernel().unpackLayer(fd, target, options));
}

/** cap_net_raw+ep, as setcap writes it to security.capability. */
export const NET_RAW = Buffer.from("0100000200200000000000000000000000000000", "hex");

// Not a version manager's wrapper in PATH, where there is the system's own: it takes a tenth of the time.
export const PYTHON = existsSync("/usr/bin/python3") ? "/usr/bin/python3" : "python3";

/** Output of a Python program with these arguments. */
export const python = (script: string, ...args: readonly string[]): string =>
  run(PYTHON, "-I", "-S", "-c", script, ...args);

/** By Python, which the native build needs anyway: not every machine has setfattr. */
export function setXattr(path: string, name: string, value: string | Buffer): void {
  const script =
    "import os, sys; os.setxattr(sys.argv[1], sys.argv[2], bytes.fromhex(sys.argv[3]), follow_symlinks=False)";
  python(script, path, name, Buffer.from(value).toString("hex"));
}

/** By name, as hexadecimal text. */
export function getXattrs(path: string): Record<string, string> {
  const script = `import json, os, sys
print(json.dumps({n: os.getxattr(sys.argv[1], n, follow_symlinks=False).hex() for n in os.listxattr(sys.argv[1], follow_symlinks=False)}))`;
  return JSON.parse(python(script, path));
}

export const hex = (text: string): string => Buffer.from(text).toString("hex");
