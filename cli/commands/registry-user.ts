import { Failure } from "../../core/errors.ts";
import { readAll } from "../../core/streams.ts";
import type { RegistryUser } from "../../engine/api.ts";
import { defineCommand } from "../command.ts";
import { type Context, print, warn } from "../context.ts";
import { defineEachCommand } from "../each-command.ts";
import { ask } from "../password.ts";
import { defineRegistryListing } from "../registry-listing.ts";
import { grantsOf, grantsText, RIGHTS_FLAGS } from "../registry-rights.ts";

const PASSWORD_LIMIT = 64 << 10;

export const registryUserAdd = defineCommand({
  usage: "[OPTIONS] USER",
  flags: {
    ...RIGHTS_FLAGS,
    password: { kind: "string", short: "p", help: "Password" },
    "password-stdin": { kind: "bool", help: "Take the password from stdin" },
  },
  args: { min: 1, max: 1 },
  async run(context, [name = ""], flags) {
    const password = await readPassword(context, flags);
    const { registry } = await context.engine();
    const grants = grantsOf(flags);
    const access = await registry.access();
    const isNew = await access.addUser({ name, password, grants });
    await print(context, isNew ? `Added user ${name}` : `Changed the password of user ${name}`);
    const known = (await access.users()).find((user) => user.name === name);
    if (known?.grants.length === 0)
      await warn(
        context,
        `${name} may only do what everybody may: allow more with '${context.program} registry policy allow ${name} pull,push REPOSITORY'`,
      );
    return 0;
  },
});

async function readPassword(
  context: Context,
  flags: { readonly password: string | undefined; readonly "password-stdin": boolean },
): Promise<string> {
  if (flags.password !== undefined && flags["password-stdin"])
    throw new Failure("LOGIN_INVALID", { why: "--password and --password-stdin are mutually exclusive" });
  if (flags["password-stdin"]) {
    const input = await readAll(context.stdin() as AsyncIterable<Uint8Array>, PASSWORD_LIMIT);
    return input.toString().replace(/\r?\n$/, "");
  }
  if (flags.password !== undefined) {
    await warn(context, "WARNING! Using --password via the CLI is insecure. Use --password-stdin.");
    return flags.password;
  }
  const password = await ask(context, "Password: ", true);
  if ((await ask(context, "Again: ", true)) !== password)
    throw new Failure("PASSWORD_INVALID", { why: "the passwords differ" });
  return password;
}

export const registryUserRm = defineEachCommand({
  usage: "USER [USER...]",
  flags: {},
  async act({ registry }, name) {
    await (await registry.access()).removeUser(name);
    return name;
  },
});

export const registryUserLs = defineRegistryListing<RegistryUser>({
  quiet: "names",
  rows: (access) => access.users(),
  listing: {
    quiet: "Name",
    table: ["Name", "Rights"],
    fields: {
      Name: { header: "NAME", value: ({ name }) => name },
      Rights: { header: "RIGHTS", value: ({ grants }) => grantsText(grants) },
    },
  },
});
