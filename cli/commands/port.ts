import { Failure } from "../../core/errors.ts";
import { defineCommand } from "../command.ts";
import { print } from "../context.ts";

export const port = defineCommand({
  usage: "CONTAINER [PRIVATE_PORT[/PROTO]]",
  flags: {},
  args: { min: 1, max: 2 },
  completes: "container",
  async run(context, [container = "", wanted]) {
    const { containers } = await context.engine();
    const { hostConfig } = await containers.get(container);
    const key = wanted === undefined || wanted.includes("/") ? wanted : `${wanted}/tcp`;
    const published = Object.entries(hostConfig.PortBindings).filter(
      ([name]) => key === undefined || name === key,
    );
    if (key !== undefined && published.length === 0)
      throw new Failure("PORT_NOT_PUBLISHED", { port: key, container });
    for (const [name, bindings] of published) {
      for (const { HostIp, HostPort } of bindings) {
        const host = `${HostIp === "" ? "0.0.0.0" : HostIp.includes(":") ? `[${HostIp}]` : HostIp}:${HostPort}`;
        await print(context, key === undefined ? `${name} -> ${host}` : host);
      }
    }
    return 0;
  },
});
