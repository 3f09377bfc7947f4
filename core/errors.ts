import { type Detail, ERRORS, type ErrorCode, type ErrorKind } from "./error-codes.ts";

/**
 * The one error class of the project: a code from the table, its typed detail, a cause.
 * Messages are lower case, name the value at fault and what was expected; `hint` is the remedy, if there is one.
 */
export class Failure<C extends ErrorCode = ErrorCode> extends Error {
  override readonly name = "Failure";
  readonly code: C;
  readonly kind: ErrorKind;
  readonly detail: Detail<C>;
  readonly hint: string | undefined;

  constructor(code: C, detail: Detail<C>, options?: { readonly cause?: unknown; readonly hint?: string }) {
    const { kind, message } = ERRORS[code];
    super((message as (d: Detail<C>) => string)(detail), options);
    this.code = code;
    this.kind = kind;
    this.detail = detail;
    this.hint = options?.hint;
  }
}

/** True when `error` or one of its causes is a Failure of this kind. */
export function isKind(error: unknown, kind: ErrorKind): boolean {
  for (let e = error; e instanceof Error; e = e.cause) {
    if (e instanceof Failure && e.kind === kind) return true;
  }
  return false;
}

/** True when `error` or one of its causes carries this code. */
export function isCode<C extends ErrorCode>(error: unknown, code: C): error is Failure<C> {
  return error instanceof Failure && error.code === code;
}

/** The messages of an error and its causes, outermost first: "building x: running step 4: exit status 2". */
export function describeError(error: unknown): string {
  const parts: string[] = [];
  for (let e: unknown = error; e instanceof Error; e = e.cause) {
    if (!parts.some((part) => part.endsWith((e as Error).message))) parts.push(e.message);
  }
  return parts.length > 0 ? parts.join(": ") : String(error);
}

/** The first hint found along the chain of causes. */
export function hintOf(error: unknown): string | undefined {
  for (let e: unknown = error; e instanceof Error; e = e.cause) {
    if (e instanceof Failure && e.hint !== undefined) return e.hint;
  }
  return undefined;
}

/** What people are to read about it: the causes, and the remedy if there is one. */
export function messageOf(error: unknown): string {
  const hint = hintOf(error);
  return hint === undefined ? describeError(error) : `${describeError(error)} (${hint})`;
}
