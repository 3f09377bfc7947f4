import * as z from "zod";
import type { ContainerUpdate } from "../../engine/api.ts";
import { documentOf, type FieldTable, isZero, readFields, refuseOthers } from "../http/fields.ts";
import { HOST_CONFIG } from "./container-create.ts";

export const UPDATE_BODY = z.looseObject({});

/** Of a container that exists these fields can change. */
const FIELDS: FieldTable<ContainerUpdate> = {
  Memory: HOST_CONFIG.Memory,
  MemoryReservation: HOST_CONFIG.MemoryReservation,
  MemorySwap: HOST_CONFIG.MemorySwap,
  NanoCpus: HOST_CONFIG.NanoCpus,
  CpuShares: HOST_CONFIG.CpuShares,
  CpuPeriod: HOST_CONFIG.CpuPeriod,
  CpuQuota: HOST_CONFIG.CpuQuota,
  CpusetCpus: HOST_CONFIG.CpusetCpus,
  CpusetMems: HOST_CONFIG.CpusetMems,
  BlkioWeight: HOST_CONFIG.BlkioWeight,
  PidsLimit: HOST_CONFIG.PidsLimit,
  RestartPolicy: HOST_CONFIG.RestartPolicy,
};

export const UPDATE_FIELDS = documentOf(FIELDS);

/** The engine's request for a body of POST /containers/{id}/update. Throws REQUEST_INVALID, OPTION_UNSUPPORTED naming the field. */
export function readUpdate(document: z.output<typeof UPDATE_BODY>): ContainerUpdate {
  refuseOthers("", document, FIELDS);
  const given = Object.entries(document).filter(([, value]) => !isZero(value));
  return readFields(FIELDS, Object.fromEntries(given));
}
