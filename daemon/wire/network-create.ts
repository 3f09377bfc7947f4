import * as z from "zod";
import type { Document } from "../../core/document.ts";
import { Failure } from "../../core/errors.ts";
import type { AddressConfig, NetworkCreate } from "../../engine/api.ts";
import { check } from "../http/check.ts";
import { documentOf, type FieldTable, isZero, readFields, refuseOthers } from "../http/fields.ts";
import { ENDPOINT_FIELDS } from "./endpoint-settings.ts";

const map = z.record(z.string(), z.string());

interface Fields {
  readonly Name: string;
  readonly Driver: string;
  readonly Scope: string;
  readonly Internal: boolean;
  readonly Attachable: boolean;
  readonly EnableIPv4: boolean;
  readonly EnableIPv6: boolean;
  readonly IPAM: Document;
  readonly Options: Readonly<Record<string, string>>;
  readonly Labels: Readonly<Record<string, string>>;
}

/** Docker Engine API 1.51 "NetworkCreateRequest", as far as it is honoured. */
const FIELDS: FieldTable<Fields> = {
  Name: z.string(),
  Driver: z.string(),
  Scope: z.enum(["", "local"]),
  Internal: z.boolean(),
  Attachable: z.boolean(),
  EnableIPv4: z.boolean(),
  EnableIPv6: z.boolean(),
  IPAM: z.looseObject({}),
  Options: map,
  Labels: map,
};

const IPAM: FieldTable<{ readonly Driver: string; readonly Config: readonly Document[] }> = {
  Driver: z.enum(["", "default"]),
  Config: z.array(z.looseObject({})),
};

const ADDRESSES: FieldTable<{
  readonly Subnet: string;
  readonly Gateway: string;
  readonly IPRange: string;
  readonly AuxiliaryAddresses: Readonly<Record<string, string>>;
}> = { Subnet: z.string(), Gateway: z.string(), IPRange: z.string(), AuxiliaryAddresses: map };

export const NETWORK_BODY = z.looseObject({});
/** What it may say. */
export const NETWORK_FIELDS = documentOf({
  ...FIELDS,
  IPAM: documentOf({ ...IPAM, Config: z.array(documentOf(ADDRESSES)) }),
});

/** The engine's request for a body of POST /networks/create. Throws REQUEST_INVALID, OPTION_UNSUPPORTED naming the field. */
export function readNetworkCreate(document: Document): NetworkCreate {
  // Names are checked always.
  refuseOthers("", document, { ...FIELDS, CheckDuplicate: true });
  const fields = readFields(FIELDS, document);
  if (fields.EnableIPv4 === false) throw new Failure("OPTION_UNSUPPORTED", { option: "EnableIPv4: false" });
  const addresses = readIpam(fields.IPAM ?? {});
  return {
    name: fields.Name ?? "",
    ...(fields.Driver === undefined || fields.Driver === "" ? {} : { driver: fields.Driver }),
    internal: fields.Internal ?? false,
    attachable: fields.Attachable ?? false,
    labels: fields.Labels ?? {},
    options: fields.Options ?? {},
    ...(addresses.length === 0 ? {} : { addresses }),
    ...(fields.EnableIPv6 === true ? { ipv6: true } : {}),
  };
}

function readIpam(document: Document): readonly AddressConfig[] {
  refuseOthers("IPAM.", document, IPAM);
  const { Config = [] } = readFields(IPAM, document, "IPAM.");
  return Config.filter((each) => !isZero(each)).map(readAddresses);
}

function readAddresses(document: Document): AddressConfig {
  refuseOthers("IPAM.Config.", document, ADDRESSES);
  const {
    Subnet: subnet,
    Gateway,
    IPRange,
    AuxiliaryAddresses,
  } = readFields(ADDRESSES, document, "IPAM.Config.");
  if (subnet === undefined || subnet === "")
    throw new Failure("NETWORK_INVALID", {
      why: "every ip-range or gateway must have a corresponding subnet",
    });
  return {
    subnet,
    ...(Gateway === undefined || Gateway === "" ? {} : { gateway: Gateway }),
    ...(IPRange === undefined || IPRange === "" ? {} : { range: IPRange }),
    ...(AuxiliaryAddresses === undefined ? {} : { reserved: AuxiliaryAddresses }),
  };
}

/** Body of connecting and disconnecting. */
export const CONNECTION_BODY = z.looseObject({ Container: z.string() });
/** What it may say. */
export const CONNECT_FIELDS = z.object({ Container: z.string(), EndpointConfig: ENDPOINT_FIELDS.nullish() });
export const DISCONNECT_FIELDS = z.object({ Container: z.string(), Force: z.boolean().nullish() });

/** The settings of a connection; a document without any has none. Throws OPTION_UNSUPPORTED. */
export const endpointOf = (body: Document): Document =>
  check(z.looseObject({}).nullish(), body["EndpointConfig"], "EndpointConfig") ?? {};
