import type { Attribute, Block, Body } from "./ast.ts";
import { readExpression } from "./expression.ts";
import { Scanner } from "./scanner.ts";

/** Deeper than any block that means something. */
const MAX_DEPTH = 8;

/** Reads a file of HCL's own syntax. Throws BAKE_FILE_INVALID. */
export function readHcl(text: string, file: string): Body {
  const scanner = new Scanner(text.replace(/^\uFEFF/, ""), { file, line: 1 });
  const body = readBody(scanner, 0);
  if (scanner.position < scanner.text.length)
    throw scanner.problem(`expected a block or an attribute, found ${scanner.here()}`);
  return body;
}

function readBody(scanner: Scanner, depth: number): Body {
  const attributes: Attribute[] = [];
  const blocks: Block[] = [];
  if (depth > MAX_DEPTH) throw scanner.problem("blocks are nested too deeply");
  for (;;) {
    scanner.skip(true);
    const at = scanner.at();
    const name = scanner.identifier();
    if (name === undefined) return { attributes, blocks };
    if (scanner.mark("=") !== undefined) {
      attributes.push({ name, value: readExpression(scanner), at });
    } else {
      const labels = readLabels(scanner);
      scanner.expect("{");
      const body = readBody(scanner, depth + 1);
      scanner.expect("}");
      blocks.push({ type: name, labels, body, at });
    }
    scanner.endOfLine();
  }
}

function readLabels(scanner: Scanner): readonly string[] {
  const labels: string[] = [];
  for (;;) {
    scanner.skip();
    const quoted = scanner.match(/"[^"\\\n]*"/y);
    const label = quoted === undefined ? scanner.identifier() : quoted.slice(1, -1);
    if (label === undefined) return labels;
    labels.push(label);
  }
}
