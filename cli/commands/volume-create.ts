import { Failure } from "../../core/errors.ts";
import { defineCommand } from "../command.ts";
import { keyValues } from "../container/key-values.ts";
import { print } from "../context.ts";

export const volumeCreate = defineCommand({
  usage: "[OPTIONS] [VOLUME]",
  flags: {
    driver: { kind: "string", short: "d", default: "local", help: "Specify volume driver name" },
    label: { kind: "list", help: "Set metadata for a volume" },
    opt: { kind: "list", short: "o", type: "map", help: "Set driver specific options" },
  },
  args: { min: 0, max: 1 },
  async run(context, [name], { driver, label, opt }) {
    if (driver !== "local") throw new Failure("OPTION_UNSUPPORTED", { option: `volume driver ${driver}` });
    const { volumes } = await context.engine();
    const volume = await volumes.create({
      ...(name === undefined ? {} : { name }),
      labels: keyValues(label),
      options: keyValues(opt),
    });
    await print(context, volume.name);
    return 0;
  },
});
