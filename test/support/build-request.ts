import type { BuildRequest } from "../../builder/types.ts";

/** A build that asks for nothing special: `more` says what it is about. */
export const buildRequest = (
  context: string,
  dockerfile: readonly string[],
  more: Partial<BuildRequest> = {},
): BuildRequest => ({
  context,
  dockerfile: { name: "Dockerfile", text: `${dockerfile.join("\n")}\n` },
  tags: [],
  buildArgs: {},
  labels: {},
  noCache: false,
  pull: false,
  network: "default",
  extraHosts: [],
  ...more,
});
