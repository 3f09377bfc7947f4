export type { CredentialSource, Credentials } from "../../../core/registry-credentials.ts";

export const basicAuthorization = (username: string, password: string): string =>
  `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
