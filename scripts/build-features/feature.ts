/** What of a Dockerfile or of the command is proved, the file of the test, and words of its title. */
export type Feature = readonly [name: string, file: string, test: string];

// Tests that prove something of several areas.
export const RUN = "test/builder/steps/run.test.ts";
export const MOUNTS = "test/builder/steps/mounts.test.ts";
export const RESOLVE = "test/builder/dockerfile/resolve.test.ts";
export const BUILDX = "test/daemon/buildx.test.ts";
export const BUILD = "test/builder/solve/build.test.ts";
export const CONTEXTS = "test/e2e/build-contexts.test.ts";
export const PLATFORMS = "test/e2e/platforms.test.ts";
export const BAKE_FAULTS = "test/cli/bake/faults.test.ts";
export const SOURCE_CASES = "test/e2e/dockerfiles/cases/sources.ts";
export const REQUEST = "test/cli/build-options/request.test.ts";
export const REFUSED = "test/cli/build-options/refused.test.ts";
