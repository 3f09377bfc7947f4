import type { Case } from "./case.ts";
import { BASICS } from "./cases/basics.ts";
import { CONFIGURATION } from "./cases/configuration.ts";
import { COPY_OPTIONS } from "./cases/copy-options.ts";
import { OUTPUTS } from "./cases/outputs.ts";
import { RUN_OPTIONS } from "./cases/run-options.ts";
import { SOURCES } from "./cases/sources.ts";
import { VARIABLES } from "./cases/variables.ts";

/** Dockerfiles whose results can be observed in an image's configuration and file tree, or in the files that a build writes. */
export const CASES: readonly Case[] = [
  ...BASICS,
  ...RUN_OPTIONS,
  ...COPY_OPTIONS,
  ...SOURCES,
  ...VARIABLES,
  ...CONFIGURATION,
  ...OUTPUTS,
];
