import type { Scenario } from "../scenario.ts";
import { builds } from "./builds.ts";
import { engine } from "./engine.ts";
import { facts } from "./facts.ts";
import { files } from "./files.ts";
import { images } from "./images.ts";
import { life } from "./life.ts";
import { makingImages } from "./making-images.ts";
import { processes } from "./processes.ts";
import { runs } from "./runs.ts";

export const SCENARIOS: readonly Scenario[] = [
  images,
  makingImages,
  life,
  runs,
  processes,
  files,
  facts,
  engine,
  builds,
];
