import { defineCommand } from "../command.ts";
import { print } from "../context.ts";

export const logout = defineCommand({
  usage: "[SERVER]",
  flags: {},
  args: { min: 0, max: 1 },
  async run(context, [given]) {
    const { distribution } = await context.engine();
    const { server, removed } = await distribution.logout(given);
    await print(context, removed ? `Removing login credentials for ${server}` : `Not logged in to ${server}`);
    return 0;
  },
});
