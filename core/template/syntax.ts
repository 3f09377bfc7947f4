/** Offset in the template, and the node as Go prints it in errors. */
interface Place {
  readonly at: number;
  readonly text: string;
}
export type Operand = Place &
  (
    | { readonly kind: "dot" }
    | { readonly kind: "nil" }
    | { readonly kind: "constant"; readonly value: string | number | boolean }
    | { readonly kind: "function"; readonly name: string }
    | { readonly kind: "variable"; readonly name: string }
    | { readonly kind: "pipeline"; readonly pipeline: Pipeline }
    /** Fields of another operand: ".A.B" are two fields of the dot. */
    | { readonly kind: "fields"; readonly of: Operand; readonly names: readonly string[] }
  );

export type Command = Place & { readonly operands: readonly [Operand, ...Operand[]] };

export interface Pipeline {
  /** "$a" or "$i, $e"; `assign` when "=" sets a variable that exists. */
  readonly variables: readonly string[];
  readonly assign: boolean;
  readonly commands: readonly Command[];
}

export type Node =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "action"; readonly pipeline: Pipeline }
  | {
      readonly kind: "if" | "range" | "with";
      readonly pipeline: Pipeline;
      readonly body: readonly Node[];
      readonly otherwise: readonly Node[];
    }
  | {
      readonly kind: "template";
      readonly name: string;
      readonly argument: Pipeline | undefined;
      readonly place: Place;
    }
  | { readonly kind: "break" }
  | { readonly kind: "continue" };

export interface Template {
  readonly source: string;
  readonly body: readonly Node[];
  /** Templates of {{define}} and {{block}}. */
  readonly named: ReadonlyMap<string, readonly Node[]>;
}
