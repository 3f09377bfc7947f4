import { defineCommand } from "../command.ts";
import { confirm } from "../confirm.ts";
import { print } from "../context.ts";
import { humanSize } from "../format/units.ts";

export const systemPrune = defineCommand({
  usage: "[OPTIONS]",
  flags: {
    all: { kind: "bool", short: "a", help: "Remove all unused images not just dangling ones" },
    force: { kind: "bool", short: "f", help: "Do not prompt for confirmation" },
    volumes: { kind: "bool", help: "Prune anonymous volumes" },
  },
  unsupported: ["filter"],
  args: { min: 0, max: 0 },
  async run(context, _args, { all, force, volumes }) {
    if (!force && !(await confirm(context, warningText(all, volumes)))) return 1;
    const engine = await context.engine();
    const { removed } = await engine.containers.prune();
    const freed = [(await engine.images.prune({ all })).bytes, (await engine.builds.prune({ all })).bytes];
    if (volumes) freed.push((await engine.volumes.prune()).bytes);
    freed.push((await engine.system.collect()).bytes);
    if (removed.length > 0) await print(context, `Deleted Containers:\n${removed.join("\n")}\n`);
    await print(context, `Total reclaimed space: ${humanSize(freed.reduce((sum, bytes) => sum + bytes, 0))}`);
    return 0;
  },
});

const warningText = (all: boolean, volumes: boolean): string =>
  [
    "This will remove:",
    "  - all stopped containers",
    ...(volumes ? ["  - all anonymous volumes not used by at least one container"] : []),
    all ? "  - all images without at least one container associated to them" : "  - all dangling images",
    all ? "  - all build cache" : "  - unused build cache",
    "",
  ].join("\n");
