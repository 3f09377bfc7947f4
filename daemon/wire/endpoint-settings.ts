import * as z from "zod";
import type { Document } from "../../core/document.ts";
import type { EndpointConfig } from "../../engine/api.ts";
import { check } from "../http/check.ts";
import { documentOf, type FieldTable, isZero, readFields, refuseOthers } from "../http/fields.ts";

/** Docker Engine API 1.51 "EndpointSettings", as far as it says a wish; by the engine's own names. */
const FIELDS = {
  Aliases: ["aliases", z.array(z.string())],
  Links: ["links", z.array(z.string())],
  MacAddress: ["mac", z.string()],
  GwPriority: ["gatewayPriority", z.number().int()],
} as const satisfies Readonly<Record<string, readonly [keyof EndpointConfig, z.ZodType]>>;

/** What clients send back of what they were told: it says nothing about what shall be. */
const OPERATIONAL = [
  "NetworkID",
  "EndpointID",
  "Gateway",
  "IPAddress",
  "IPPrefixLen",
  "IPv6Gateway",
  "GlobalIPv6Address",
  "GlobalIPv6PrefixLen",
  "DNSNames",
];
const KNOWN = Object.fromEntries(
  [...Object.keys(FIELDS), ...OPERATIONAL, "IPAMConfig"].map((name) => [name, true]),
);

const ADDRESSES: FieldTable<{ readonly IPv4Address?: string; readonly IPv6Address?: string }> = {
  IPv4Address: z.string(),
  IPv6Address: z.string(),
};

/** What it may say. */
export const ENDPOINT_FIELDS = z.object({
  ...Object.fromEntries(Object.entries(FIELDS).map(([name, [, schema]]) => [name, schema.nullish()])),
  IPAMConfig: documentOf(ADDRESSES).nullish(),
});

/** Throws REQUEST_INVALID, OPTION_UNSUPPORTED naming the field. */
export function readEndpointSettings(document: Document, where: string): Partial<EndpointConfig> {
  refuseOthers(where, document, KNOWN);
  const given = Object.entries(FIELDS).flatMap(([name, [key, schema]]) =>
    isZero(document[name]) ? [] : [[key, check<unknown>(schema, document[name], where + name)] as const],
  );
  const ipam = check(z.looseObject({}).nullish(), document["IPAMConfig"], `${where}IPAMConfig`) ?? {};
  refuseOthers(`${where}IPAMConfig.`, ipam, ADDRESSES);
  const { IPv4Address: address, IPv6Address: address6 } = readFields(ADDRESSES, ipam, `${where}IPAMConfig.`);
  return {
    ...(Object.fromEntries(given) as Partial<EndpointConfig>),
    ...(address === undefined || address === "" ? {} : { address }),
    ...(address6 === undefined || address6 === "" ? {} : { address6 }),
  };
}
