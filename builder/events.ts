import type { Digest } from "../core/digest.ts";
import type { Cause } from "./explain/explain-miss.ts";

/** Progress of a build: a stream of these, in order. Times in milliseconds since the epoch. Renderers live in cli/. */
export type BuildEvent =
  /** A step of the plan, with the ids of those it waits for. `name` as BuildKit words it: "[stage 2/4] RUN make". */
  | {
      readonly type: "step";
      readonly id: string;
      readonly name: string;
      readonly at?: SourceLine;
      readonly inputs?: readonly string[];
    }
  /** Once, before the first step is started: all that the target needs, in the order in which it is written. */
  | { readonly type: "instructions"; readonly list: readonly WrittenInstruction[] }
  | { readonly type: "started"; readonly id: string; readonly time: number }
  | {
      readonly type: "output";
      readonly id: string;
      readonly stream: "stdout" | "stderr";
      readonly data: Uint8Array;
      readonly time: number;
    }
  /** Progress inside a step under a name: how much of a total is done, in bytes unless `unit` says otherwise. */
  | {
      readonly type: "status";
      readonly id: string;
      readonly name: string;
      readonly done: number;
      readonly total?: number;
      readonly unit?: "bytes" | "files";
      readonly time: number;
    }
  | {
      readonly type: "warning";
      readonly id?: string;
      readonly message: string;
      readonly rule?: string;
      readonly url?: string;
      readonly at?: SourceLine;
    }
  | {
      readonly type: "finished";
      readonly id: string;
      readonly time: number;
      readonly cached: boolean;
      /** What a step of the plan came to: the id of an image, or the diff id of a layer. */
      readonly result?: Digest;
      readonly error?: string;
    }
  /** Why a step was performed rather than found; only when the build was asked to explain, at its end. */
  | {
      readonly type: "explained";
      readonly id: string;
      readonly name: string;
      readonly cause: Cause;
    }
  | {
      readonly type: "result";
      readonly image: Digest;
      readonly tags: readonly string[];
      readonly time: number;
    };

/** An instruction, and what is done for it. */
export interface WrittenInstruction {
  /** On one line: "FROM debian AS build". */
  readonly code: string;
  readonly at: SourceLine;
  /** Absent where only the image's configuration changes. */
  readonly step?: string;
}
export interface SourceLine {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly endLine: number;
}
