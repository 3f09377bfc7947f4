import { Failure } from "../../core/errors.ts";
import { defineCommand } from "../command.ts";
import { publishedPorts } from "../container/ports-text.ts";
import { print } from "../context.ts";

export const port = defineCommand({
  usage: "CONTAINER [PRIVATE_PORT[/PROTO]]",
  flags: {},
  args: { min: 1, max: 2 },
  completes: "container",
  async run(context, [container = "", wanted]) {
    const { containers } = await context.engine();
    const all = publishedPorts(await containers.get(container));
    if (wanted === undefined) {
      for (const published of all) await print(context, `${published.port} -> ${published.host}`);
      return 0;
    }
    const key = wanted.includes("/") ? wanted : `${wanted}/tcp`;
    const found = all.filter((published) => published.port === key);
    if (found.length === 0) throw new Failure("PORT_NOT_PUBLISHED", { port: key, container });
    for (const { host } of found) await print(context, host);
    return 0;
  },
});
