// https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md, as far as bake files use it.

export type Value = string | number | boolean | null | readonly Value[] | { readonly [key: string]: Value };

/** Where something is written, from 1. */
export interface At {
  readonly file: string;
  readonly line: number;
}

export type Expression =
  | { readonly kind: "literal"; readonly value: Value; readonly at: At }
  | { readonly kind: "template"; readonly parts: readonly TemplatePart[]; readonly at: At }
  | { readonly kind: "variable"; readonly name: string; readonly at: At }
  | { readonly kind: "get"; readonly of: Expression; readonly key: Expression; readonly at: At }
  /** `of[*].a.b`: `each` is evaluated with the element under SPLAT_ELEMENT. */
  | { readonly kind: "splat"; readonly of: Expression; readonly each: Expression; readonly at: At }
  | {
      readonly kind: "call";
      readonly name: string;
      readonly args: readonly Expression[];
      /** The last argument is a list of arguments. */
      readonly spread: boolean;
      readonly at: At;
    }
  | { readonly kind: "unary"; readonly operator: string; readonly of: Expression; readonly at: At }
  | {
      readonly kind: "binary";
      readonly operator: string;
      readonly left: Expression;
      readonly right: Expression;
      readonly at: At;
    }
  | {
      readonly kind: "conditional";
      readonly test: Expression;
      readonly yes: Expression;
      readonly no: Expression;
      readonly at: At;
    }
  | { readonly kind: "tuple"; readonly items: readonly Expression[]; readonly at: At }
  | {
      readonly kind: "object";
      readonly items: readonly (readonly [key: Expression, value: Expression])[];
      readonly at: At;
    }
  | ForExpression;

export interface ForExpression {
  readonly kind: "for";
  readonly names: readonly string[];
  readonly over: Expression;
  /** Of an object; absent for a list. */
  readonly key?: Expression;
  readonly value: Expression;
  /** `...`: values of equal keys become a list. */
  readonly grouped: boolean;
  readonly condition?: Expression;
  readonly at: At;
}

export type TemplatePart =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "value"; readonly of: Expression }
  | {
      readonly kind: "if";
      readonly test: Expression;
      readonly yes: readonly TemplatePart[];
      readonly no: readonly TemplatePart[];
    }
  | {
      readonly kind: "for";
      readonly names: readonly string[];
      readonly over: Expression;
      readonly body: readonly TemplatePart[];
    };

/** No name of a file can be this. */
export const SPLAT_ELEMENT = "*";

export interface Attribute {
  readonly name: string;
  readonly value: Expression;
  readonly at: At;
}
export interface Block {
  readonly type: string;
  readonly labels: readonly string[];
  readonly body: Body;
  readonly at: At;
}
export interface Body {
  readonly attributes: readonly Attribute[];
  readonly blocks: readonly Block[];
}
