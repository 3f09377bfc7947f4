import type { Abortable } from "../core/streams.ts";

export interface CheckReport {
  readonly checked: Readonly<Record<string, number>>;
  /** One line each: what is wrong, with the object's name. */
  readonly problems: readonly string[];
}
export interface SystemService {
  version(): Promise<Readonly<Record<string, unknown>>>;
  info(): Promise<Readonly<Record<string, unknown>>>;
  /** Verifies blobs, layers and rows, and looks for leftovers. */
  check(options?: { readonly quick?: boolean } & Abortable): Promise<CheckReport>;
  diskUsage(): Promise<
    Readonly<
      Record<
        string,
        {
          readonly count: number;
          readonly active: number;
          readonly bytes: number;
          readonly reclaimable: number;
        }
      >
    >
  >;
  /** Deletes what nothing reaches. */
  collect(): Promise<{ readonly blobs: number; readonly layers: number; readonly bytes: number }>;
  /** What this host lacks, each with what it costs. */
  doctor(): Promise<
    readonly {
      readonly name: string;
      readonly status: "ok" | "degraded" | "missing";
      readonly detail: string;
    }[]
  >;
}
