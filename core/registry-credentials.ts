/** How a user shows a registry who they are. At most one of the three ways is set. */
export interface Credentials {
  readonly username?: string;
  readonly password?: string;
  /** An OAuth2 refresh token, got in place of a password at login. */
  readonly identityToken?: string;
  /** A bearer token, sent as it is. */
  readonly registryToken?: string;
}

/** Where credentials come from. */
export interface CredentialSource {
  /** Those for a registry, "docker.io" or "host:port"; undefined when there are none. */
  get(domain: string): Promise<Credentials | undefined>;
}
