import type { RegistryToken } from "../../engine/api.ts";
import { defineCommand } from "../command.ts";
import { print, warn } from "../context.ts";
import { forEachArgument } from "../errors.ts";
import { FORMAT_FLAG, type Listing, printListing } from "../listing.ts";
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

export const registryTokenRevoke = defineCommand({
  usage: "NAME [NAME...]",
  flags: {},
  args: { min: 1 },
  async run(context, args) {
    const access = await (await context.engine()).registry.access();
    return forEachArgument(context, args, async (name) => {
      await access.revokeToken(name);
      await print(context, name);
    });
  },
});

export const registryTokenLs = defineCommand({
  usage: "[OPTIONS]",
  flags: {
    format: FORMAT_FLAG,
    quiet: { kind: "bool", short: "q", help: "Only display names" },
  },
  args: { min: 0, max: 0 },
  async run(context, _args, flags) {
    const access = await (await context.engine()).registry.access();
    await printListing(context, LISTING, await access.tokens(), flags);
    return 0;
  },
});

const LISTING: Listing<RegistryToken> = {
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
};
