import { Failure } from "../../../core/errors.ts";
import type { SecretMount } from "../../plan/step.ts";
import { MAX_SECRET_BYTES } from "../../ports.ts";
import type { Prepared, Preparing } from "./prepare-mounts.ts";

/** Puts a secret into a file in memory, a variable, or both. One that is not there is left out unless it is required. */
export async function prepareSecret(mount: SecretMount, preparing: Preparing): Promise<Prepared> {
  const { context, signal } = preparing;
  const { id, target, env, required, owner } = mount;
  const value = await context.secrets?.secret(id, { signal });
  if (value === undefined) {
    if (required) throw new Failure("SECRET_UNKNOWN", { id });
    return {};
  }
  if (value.byteLength > MAX_SECRET_BYTES)
    throw new Failure("SECRET_TOO_BIG", { id, limit: MAX_SECRET_BYTES });
  const { mode, uid, gid } = owner;
  return {
    files: target === undefined ? [] : [{ path: target, content: value, mode, owner: { uid, gid } }],
    secrets: [{ id, value }],
    env: env === undefined ? [] : [`${env}=${Buffer.from(value).toString("utf8")}`],
  };
}
