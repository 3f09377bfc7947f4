import { Failure } from "../errors.ts";

/** Go's wording: "template: NAME:LINE: …", where the name of a template given on the command line is empty. */
export function syntaxError(source: string, at: number, why: string): Failure {
  const line = source.slice(0, at).split("\n").length;
  return new Failure("TEMPLATE_INVALID", { why: `template: :${line}: ${why}` });
}

/** Where a value could not be computed: `at` is the offset of the operand, `operand` its text. */
export function evaluationError(source: string, place: { at: number; text: string }, why: string): Failure {
  const before = source.slice(0, place.at);
  const line = before.split("\n").length;
  const column = place.at - (before.lastIndexOf("\n") + 1);
  return new Failure("TEMPLATE_INVALID", {
    why: `template: :${line}:${column}: executing "" at <${place.text}>: ${why}`,
  });
}
