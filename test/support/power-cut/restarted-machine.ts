import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import type { Scratch } from "../scratch.ts";
import { MountedDisk } from "./mounted-disk.ts";

const MOUNT = `
mount -t ext4 -o loop "$1" "$2"
mount --bind "$3" /proc/sys/kernel/random/boot_id
`;

/** The filesystem on `disk`, mounted where the LoggedDisk of `scratch` had it, on a machine that was started since. */
export async function restartWith(scratch: Scratch, disk: string): Promise<MountedDisk> {
  const [folder, boot] = [scratch.join("mounted"), scratch.join("boot")];
  if (!existsSync(folder)) mkdirSync(folder);
  writeFileSync(boot, `${randomUUID()}\n`);
  return await MountedDisk.open(MOUNT, [disk, folder, boot]);
}
