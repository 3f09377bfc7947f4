import type { RegistryAccessService } from "../engine/api.ts";
import { defineCommand } from "./command.ts";
import { FORMAT_FLAG, type Listing, printListing } from "./listing.ts";

/** A command that lists what the registry's access control knows; `quiet` names what -q leaves. */
export const defineRegistryListing = <Row>(parts: {
  readonly quiet: "names" | "users";
  readonly rows: (access: RegistryAccessService) => Promise<readonly Row[]>;
  readonly listing: Listing<Row>;
}) =>
  defineCommand({
    usage: "[OPTIONS]",
    flags: {
      format: FORMAT_FLAG,
      quiet: { kind: "bool", short: "q", help: `Only display ${parts.quiet}` },
    },
    args: { min: 0, max: 0 },
    async run(context, _args, flags) {
      const access = await (await context.engine()).registry.access();
      await printListing(context, parts.listing, await parts.rows(access), flags);
      return 0;
    },
  });
