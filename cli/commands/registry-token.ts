import type { RegistryToken } from "../../engine/api.ts";
import { defineCommand } from "../command.ts";
import { print, warn } from "../context.ts";
import { defineEachCommand } from "../each-command.ts";
import { defineRegistryListing } from "../registry-listing.ts";
import { grantsOf, grantsText, RIGHTS_FLAGS } from "../registry-rights.ts";
import { formatTime } from "../time.ts";

export const registryTokenCreate = defineCommand({
  usage: "[OPTIONS] NAME",
  flags: {
    ...RIGHTS_FLAGS,
    expires: { kind: "duration", help: "How long it lasts, as 2160h; without end when absent" },
  },
  args: { min: 1, max: 1 },
  async run(context, [name = ""], flags) {
    const access = await (await context.engine()).registry.access();
    const expiresAt = flags.expires === undefined ? undefined : new Date(Date.now() + flags.expires);
    const secret = await access.createToken({ name, grants: grantsOf(flags), expiresAt });
    await warn(
      context,
      `Log in as ${name} with this password, which is shown once and can be revoked with '${context.program} registry token revoke ${name}':`,
    );
    await print(context, secret);
    return 0;
  },
});

export const registryTokenRevoke = defineEachCommand({
  usage: "NAME [NAME...]",
  flags: {},
  async act({ registry }, name) {
    await (await registry.access()).revokeToken(name);
    return name;
  },
});

export const registryTokenLs = defineRegistryListing<RegistryToken>({
  quiet: "names",
  rows: (access) => access.tokens(),
  listing: {
    quiet: "Name",
    table: ["Name", "Rights", "Created", "Expires"],
    fields: {
      Name: { header: "NAME", value: ({ name }) => name },
      Rights: { header: "RIGHTS", value: ({ grants }) => grantsText(grants) },
      Created: { header: "CREATED", value: ({ createdAt }) => formatTime(createdAt) },
      Expires: {
        header: "EXPIRES",
        value: ({ expiresAt }) => (expiresAt === undefined ? "never" : formatTime(expiresAt)),
      },
    },
  },
});
