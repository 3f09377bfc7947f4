/** Commands of docker's client that belong together: each sees what those before it have done. */
export interface Scenario {
  readonly name: string;
  readonly steps: readonly Step[];
}

/** A command line as a shell would split it; files it names are in the scenario's own folder. */
export interface Step {
  readonly command: string;
  readonly stdin?: string;
  /** Repeated until what it prints fits, for what happens some time later. */
  readonly until?: RegExp;
  /** What it prints has no order of its own. */
  readonly sorted?: boolean;
  /** Why Slipway's answer is another than the real engine's; the exit code is the same unless `code` says otherwise. */
  readonly differs?: string;
  /** Slipway's, where it differs too. */
  readonly code?: number;
}

/** What a command printed, without what changes from run to run. */
export interface Answer {
  readonly command: string;
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Text is a step without anything special. */
export const scenario = (name: string, steps: readonly (string | Step)[]): Scenario => ({
  name,
  steps: steps.map((step) => (typeof step === "string" ? { command: step } : step)),
});

/** Words, in single quotes, double quotes or none. */
export const words = (command: string): readonly string[] =>
  [...command.matchAll(/'([^']*)'|"([^"]*)"|([^\s'"]+)/g)].map(
    ([, single, double, bare]) => single ?? double ?? bare ?? "",
  );
