import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** A folder with a Dockerfile, and what docker 28.2.2 with buildx 0.29.1 printed of it with Docker Engine 28.5.2. */
export const DESCRIBED = fileURLToPath(new URL(".", import.meta.url));

/** What is asked in place of a build, and what was printed. */
export interface Call {
  readonly args: readonly string[];
  readonly out: string;
}
export const CALLS = JSON.parse(readFileSync(`${DESCRIBED}recorded.json`, "utf8")) as readonly Call[];
