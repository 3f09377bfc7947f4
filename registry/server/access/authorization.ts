import { Failure } from "../../../core/errors.ts";

/** What an Authorization header says. */
export type Authorization =
  | { readonly scheme: "none" }
  | { readonly scheme: "basic"; readonly user: string; readonly password: string }
  | { readonly scheme: "bearer"; readonly token: string };

const BASIC = /^Basic +([A-Za-z0-9+/]+={0,2})$/i;
const BEARER = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i;

/** RFC 7617, RFC 6750. Throws CREDENTIALS_INVALID for a header that is neither. */
export function parseAuthorization(header: string | undefined): Authorization {
  if (header === undefined) return { scheme: "none" };
  const [, token] = BEARER.exec(header) ?? [];
  if (token !== undefined) return { scheme: "bearer", token };
  const [, encoded] = BASIC.exec(header) ?? [];
  const text = encoded === undefined ? "" : Buffer.from(encoded, "base64").toString();
  const colon = text.indexOf(":");
  if (colon < 1 || text.includes("\0"))
    throw new Failure("CREDENTIALS_INVALID", {
      why: "cannot read the Authorization header: expected Basic or Bearer",
    });
  return { scheme: "basic", user: text.slice(0, colon), password: text.slice(colon + 1) };
}
