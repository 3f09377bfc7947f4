/** OCI runtime-spec, config.md#process, the part every process needs. */
export interface ProcessSpec {
  readonly args: readonly [string, ...string[]];
  readonly env: readonly string[];
  readonly cwd: string;
  readonly user: UserSpec;
}
export interface UserSpec {
  readonly uid: number;
  readonly gid: number;
  readonly additionalGids: readonly number[];
}

/** How a process ended. */
export type ExitStatus = { readonly code: number } | { readonly signal: number };

/** The status a shell would report: 128 + signal number for a killed process. */
export const exitCode = (status: ExitStatus): number =>
  "code" in status ? status.code : 128 + status.signal;
