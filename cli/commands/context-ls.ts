import { defineCommand } from "../command.ts";
import { activeContext } from "../connection/choose.ts";
import { type DockerContext, listContexts } from "../connection/context-store.ts";
import { defaultContext } from "../connection/default-context.ts";
import { DEFAULT_CONTEXT } from "../connection/docker-folder.ts";
import { FORMAT_FLAG, type Listing, printListing } from "../listing.ts";

interface Row {
  readonly context: DockerContext;
  readonly current: boolean;
}

export const contextLs = defineCommand({
  usage: "[OPTIONS]",
  flags: {
    format: FORMAT_FLAG,
    quiet: { kind: "bool", short: "q", help: "Only show context names" },
  },
  args: { min: 0, max: 0 },
  async run(context, _args, flags) {
    const { env } = context;
    const current = env["DOCKER_HOST"] ? DEFAULT_CONTEXT : activeContext(env);
    const contexts = [defaultContext(env), ...listContexts(env)].toSorted((a, b) =>
      a.name < b.name ? -1 : 1,
    );
    const rows = contexts.map((each) => ({ context: each, current: each.name === current }));
    await printListing(context, flags.format ? LISTING : MARKED, rows, flags);
    return 0;
  },
});

const LISTING: Listing<Row> = {
  quiet: "Name",
  table: ["Name", "Description", "DockerEndpoint", "Error"],
  fields: {
    Name: { header: "NAME", value: ({ context }) => context.name },
    Description: { header: "DESCRIPTION", value: ({ context }) => context.description },
    DockerEndpoint: { header: "DOCKER ENDPOINT", value: ({ context }) => context.host },
    Error: { header: "ERROR", value: () => "" },
    Current: { header: "CURRENT", value: ({ current }) => String(current) },
  },
};
/** The table for people has a star at the current one. */
const MARKED: Listing<Row> = {
  ...LISTING,
  quiet: "Bare",
  fields: {
    ...LISTING.fields,
    Bare: { header: "NAME", value: ({ context }) => context.name },
    Name: { header: "NAME", value: ({ context, current }) => `${context.name}${current ? " *" : ""}` },
  },
};
