import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Contender } from "../contender.ts";
import { time } from "../process.ts";

/** No builder at all: the commands in the unpacked base under a fresh overlay. What they cost there, they cost anywhere. */
export function chroot(folder: string): Contender {
  const lower = join(folder, "lower");
  const scratch = join(folder, "scratch");
  return {
    name: "plain chroot",
    missing: () => (process.getuid?.() === 0 ? undefined : "needs root"),
    prepare: ({ tar }) => {
      // An image may have no directories to mount on.
      for (const name of ["dev", "proc"]) mkdirSync(join(lower, name), { recursive: true });
      time({ argv: ["tar", "-xpf", tar, "-C", lower] });
    },
    seed: (script) => {
      const setUp = [
        `rm -rf ${scratch}`,
        `mkdir -p ${scratch}/upper ${scratch}/work ${scratch}/merged`,
        `mount -t overlay overlay -o lowerdir=${lower},upperdir=${scratch}/upper,workdir=${scratch}/work ${scratch}/merged`,
        `cp -L /etc/resolv.conf ${scratch}/merged/etc/resolv.conf`,
        `mount -t proc proc ${scratch}/merged/proc`,
        `mount --rbind /dev ${scratch}/merged/dev`,
        `exec chroot ${scratch}/merged /bin/sh -ec '${script}'`,
      ];
      return { argv: ["unshare", "--mount", "sh", "-ec", setUp.join(" && ")] };
    },
    cleanUp: () => rmSync(folder, { recursive: true, force: true }),
  };
}
