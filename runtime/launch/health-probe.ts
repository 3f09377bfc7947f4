/** A command a shim runs in its container now and then, as the container's own process would be. Times in milliseconds. */
export interface HealthProbe {
  readonly args: readonly string[];
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** Failures within this time of the start do not count. */
  readonly startPeriodMs: number;
  /** Instead of the interval, within the start period. */
  readonly startIntervalMs: number;
  /** Failures in a row that make it unhealthy. */
  readonly retries: number;
}
