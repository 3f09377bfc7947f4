import { evaluate } from "../../core/template/evaluate.ts";
import { FUNCTION_NAMES, FUNCTIONS, type Functions } from "../../core/template/functions.ts";
import { parseTemplate } from "../../core/template/parser.ts";

/** A template read once and written for many values. */
export type CompiledTemplate = (value: unknown, functions?: Functions) => string;

/**
 * Reads a `--format` template: Go's text/template with docker's functions. "json" alone is {{json .}}, and "\t" and "\n" written as
 * two characters stand for the control characters, as docker has it. Throws TEMPLATE_INVALID; so does the compiled template where a value
 * lacks what the template asks of it.
 */
export function compileTemplate(text: string): CompiledTemplate {
  const source = text.trim() === "json" ? "{{json .}}" : text.replaceAll("\\t", "\t").replaceAll("\\n", "\n");
  const template = parseTemplate(source, FUNCTION_NAMES);
  return (value, functions = FUNCTIONS) => evaluate(template, value, functions);
}

/** One value through one template; no newline is added. */
export const renderTemplate = (text: string, value: unknown): string => compileTemplate(text)(value);
