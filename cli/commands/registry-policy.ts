import { Failure } from "../../core/errors.ts";
import type { RegistryRule } from "../../engine/api.ts";
import { defineCommand } from "../command.ts";
import { print } from "../context.ts";
import { defineRegistryListing } from "../registry-listing.ts";

const ACTIONS = ["pull", "push", "delete", "catalog"] as const;

export const registryPolicyAllow = defineCommand({
  usage: "USER ACTION[,ACTION...] REPOSITORY [REPOSITORY...]",
  flags: {},
  args: { min: 3 },
  async run(context, [user = "", actions = "", ...repositories]) {
    const access = await (await context.engine()).registry.access();
    await access.allow({ users: [user], actions: parseActions(actions), repositories });
    await print(context, `${user} may ${actions} ${repositories.join(" ")}`);
    return 0;
  },
});

function parseActions(text: string): RegistryRule["actions"] {
  return text.split(",").map((word) => {
    const action = ACTIONS.find((one) => one === word);
    if (action !== undefined) return action;
    throw new Failure("OPTION_INVALID", { option: "ACTION", got: word, want: ACTIONS.join(", ") });
  });
}

export const registryPolicyRm = defineCommand({
  usage: "USER [REPOSITORY...]",
  flags: {},
  args: { min: 1 },
  async run(context, [user = "", ...repositories]) {
    const access = await (await context.engine()).registry.access();
    await access.disallow(user, repositories);
    await print(context, user);
    return 0;
  },
});

export const registryPolicyLs = defineRegistryListing<RegistryRule>({
  quiet: "users",
  rows: (access) => access.rules(),
  listing: {
    quiet: "Users",
    table: ["Users", "Actions", "Repositories"],
    fields: {
      Users: { header: "USERS", value: ({ users }) => users.join(",") },
      Actions: { header: "ACTIONS", value: ({ actions }) => actions.join(",") },
      Repositories: { header: "REPOSITORIES", value: ({ repositories }) => repositories.join(" ") },
    },
  },
});
