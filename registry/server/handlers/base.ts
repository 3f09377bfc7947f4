import { STORE_HEADER, storeId } from "../../shared/store-proof.ts";
import type { Handler } from "../call.ts";
import type { Parts } from "../parts.ts";

/** end-1. */
export const ping = ({ storage: { proofSecret } }: Parts): Handler => {
  const store = proofSecret === undefined ? {} : { [STORE_HEADER]: storeId(proofSecret) };
  return async () => ({ status: 200, headers: { "content-type": "application/json", ...store }, body: "{}" });
};

/** The process answers. */
export const health: Handler = async () => ({
  status: 200,
  headers: { "content-type": "text/plain" },
  body: "ok\n",
});

/** The storage answers too, and the server is not about to stop. */
export const readiness =
  ({ storage: { metadata } }: Parts, isStopping: () => boolean): Handler =>
  async () => {
    if (isStopping()) return { status: 503, headers: { "content-type": "text/plain" }, body: "stopping\n" };
    await metadata.repositories({ limit: 1 });
    return { status: 200, headers: { "content-type": "text/plain" }, body: "ready\n" };
  };
