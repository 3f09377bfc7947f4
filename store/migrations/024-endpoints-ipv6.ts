import type { Migration } from "./migration.ts";

/** An endpoint's IPv6 address, as RFC 5952 writes it: 128 bits are no integer here. */
export const endpointsIpv6Migration: Migration = {
  name: "024-endpoints-ipv6",
  sql: `
    ALTER TABLE endpoints ADD COLUMN address6 TEXT;
    CREATE UNIQUE INDEX endpoints_address6 ON endpoints (network, address6);
  `,
};
