/** What somebody may do where: patterns of repositories, and pull, push, delete, catalog. */
export interface RegistryGrant {
  readonly repositories: readonly string[];
  readonly actions: readonly ("pull" | "push" | "delete" | "catalog")[];
}
/** `users`: names, "*" for everybody who has logged in as a user, "anonymous" for everybody. */
export interface RegistryRule extends RegistryGrant {
  readonly users: readonly string[];
}
export interface RegistryUser {
  readonly name: string;
  /** Of the rules that name the user; others may hold for everybody. */
  readonly grants: readonly RegistryGrant[];
}
export interface RegistryToken {
  readonly name: string;
  readonly createdAt: Date;
  readonly expiresAt?: Date | undefined;
  readonly grants: readonly RegistryGrant[];
}

/** Who may use the built-in registry. A registry that is being served takes changes up within a second. */
export interface RegistryAccessService {
  /**
   * Adds a user, or gives one another password; the rights are added to those there are. Rejects with REGISTRY_USER_INVALID, PASSWORD_INVALID,
   * REGISTRY_NAME_TAKEN. True when the user is new.
   */
  addUser(user: {
    readonly name: string;
    readonly password: string;
    readonly grants: readonly RegistryGrant[];
  }): Promise<boolean>;
  /** With the rules that name them. Rejects with REGISTRY_USER_UNKNOWN. */
  removeUser(name: string): Promise<void>;
  users(): Promise<readonly RegistryUser[]>;

  /** Adds to what is allowed. Rejects with ACCESS_FILE_INVALID when the rule is none. */
  allow(rule: RegistryRule): Promise<void>;
  /** Takes away what rules give somebody, or only what they give for these patterns. Rejects with REGISTRY_RULE_UNKNOWN. */
  disallow(user: string, patterns?: readonly string[]): Promise<void>;
  rules(): Promise<readonly RegistryRule[]>;

  /**
   * Makes a password for a machine, which logs in with the name. It is kept nowhere: what this resolves with is the only copy. Rejects with
   * REGISTRY_USER_INVALID, REGISTRY_NAME_TAKEN, ACCESS_FILE_INVALID when a grant is none, OPTION_INVALID for an end that is too far.
   */
  createToken(token: {
    readonly name: string;
    readonly grants: readonly RegistryGrant[];
    readonly expiresAt?: Date | undefined;
  }): Promise<string>;
  /** Rejects with REGISTRY_TOKEN_UNKNOWN. */
  revokeToken(name: string): Promise<void>;
  tokens(): Promise<readonly RegistryToken[]>;
}
