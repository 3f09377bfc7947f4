import type { Migration } from "./migration.ts";

const PLAIN = `json('{"aliases":[],"links":[],"gatewayPriority":0}')`;

/** Containers in several networks: what was asked for of each, and the interface of an endpoint, as JSON. */
export const endpointsMigration: Migration = {
  name: "012-endpoints",
  sql: `
    ALTER TABLE endpoints ADD COLUMN document TEXT NOT NULL DEFAULT '{}';

    -- Containers of before are connected to the network of their mode.
    UPDATE containers SET document = json_set(
      document,
      '$.hostConfig.Links', json('[]'),
      '$.connections', CASE
        WHEN document ->> '$.hostConfig.NetworkMode' LIKE 'container:%' THEN json('{}')
        WHEN document ->> '$.hostConfig.NetworkMode' IN ('', 'default') THEN json_object('bridge', ${PLAIN})
        ELSE json_object(document ->> '$.hostConfig.NetworkMode', ${PLAIN})
      END
    );
    UPDATE containers SET state = json_set(state, '$.endpoints', (
      SELECT json_group_array(json_set(
        value, '$.config', ${PLAIN}, '$.link', 'eth0',
        '$.driver', (SELECT n.document ->> '$.driver' FROM networks n WHERE n.id = value ->> '$.networkId')
      )) FROM json_each(state, '$.endpoints')
    )) WHERE state ->> '$.phase' = 'running';
  `,
};
