import { ENCODINGS } from "./encodings.ts";
import { EXPRESSIONS } from "./expressions.ts";
import type { Functions } from "./functions.ts";
import { LISTS } from "./lists.ts";
import { NUMBERS } from "./numbers.ts";
import { TEXTS } from "./texts.ts";

/** What bake files can call. https://docs.docker.com/build/bake/stdlib/ */
export const STANDARD: Functions = { ...TEXTS, ...EXPRESSIONS, ...NUMBERS, ...LISTS, ...ENCODINGS };
