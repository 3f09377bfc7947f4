import { Failure } from "../../core/errors.ts";

/** The versions of the API that are served, by their minor numbers: all are 1.x. */
export const API = { min: 24, max: 51 } as const;

export const formatVersion = (minor: number): string => `1.${minor}`;

/**
 * Splits "/v1.44/containers/json". Without a version it is the newest, which is how clients ask for the routes that have no versions.
 * Throws API_TOO_OLD, API_TOO_NEW.
 */
export function splitVersion(path: string): { readonly api: number; readonly path: string } {
  const [whole, major, minor] = /^\/v(\d{1,5})\.(\d{1,5})(?=\/)/.exec(path) ?? [];
  if (whole === undefined) return { api: API.max, path };
  const asked = `${major}.${minor}`;
  const api = Number(minor);
  if (Number(major) < 1 || (major === "1" && api < API.min))
    throw new Failure("API_TOO_OLD", { asked, min: formatVersion(API.min) });
  if (Number(major) > 1 || api > API.max)
    throw new Failure("API_TOO_NEW", { asked, max: formatVersion(API.max) });
  return { api, path: path.slice(whole.length) };
}
