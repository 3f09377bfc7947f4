import { spawnSync } from "node:child_process";
import { closeSync, openSync, readdirSync, readFileSync } from "node:fs";
import type { Context } from "mocha";
import { requiresRoot } from "./requires.ts";
import { Scratch } from "./scratch.ts";

/**
 * "254 0": the numbers of a block device that root can open on this host. Where not even root can, that a container cannot proves nothing,
 * and the test is skipped.
 */
export function requiresHostDisk(test: Context): string {
  requiresRoot(test);
  using scratch = new Scratch();
  const numbers = readdirSync("/sys/block").map((name) =>
    readFileSync(`/sys/block/${name}/dev`, "utf8").trim().replace(":", " "),
  );
  const found = numbers.find((each) => {
    const node = scratch.join(each);
    spawnSync("mknod", [node, "b", ...each.split(" ")]);
    try {
      closeSync(openSync(node, "r"));
      return true;
    } catch {
      return false;
    }
  });
  return found ?? test.skip();
}

/** A script that makes device nodes and opens those that every container may open; it ends with "head: /disk: " and what the kernel said. */
export const tryDevices = (disk: string): string =>
  [
    "set -e",
    "mknod /null c 1 3",
    "echo lost >/null",
    `mknod /disk b ${disk}`,
    "for name in zero full random urandom; do head -c1 /dev/$name >/dev/null; done",
    "head -c1 /disk",
  ].join("\n");
