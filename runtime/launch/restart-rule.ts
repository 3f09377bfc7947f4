/** When a shim starts its container again. */
export interface RestartRule {
  readonly when: "never" | "on-failure" | "always";
  /** How often at most after failures; 0 is no limit. */
  readonly maximum: number;
}

/** The numbers of native/launcher/restart.h. */
export const RESTART_CODES: Readonly<Record<RestartRule["when"], number>> = {
  never: 0,
  "on-failure": 1,
  always: 2,
};
