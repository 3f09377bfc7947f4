import * as z from "zod";
import type { RegistryService } from "../../engine/api.ts";
import { ok } from "../http/call.ts";
import { type Route, route } from "../http/route.ts";
import { ownRegistryAccessRoutes } from "./own-registry-access.ts";

/** The milliseconds that Go's durations hold: a date so long ago is one. */
const LONGEST_MS = 2 ** 63 / 1e6;
const age = z.number().min(-LONGEST_MS).max(LONGEST_MS);
const COLLECTION = z.strictObject({
  graceMs: age,
  unusedMs: age.exactOptional(),
  untagged: z.boolean(),
  retention: z.strictObject({ text: z.string(), file: z.string() }).exactOptional(),
  dryRun: z.boolean(),
});

/** The built-in registry of the daemon's state root, of which Docker's API has no word: its care, and who may use it. */
export const ownRegistryRoutes = (registry: RegistryService): readonly Route[] => [
  ...ownRegistryAccessRoutes(registry),
  route({
    method: "POST",
    path: "/slipway/v1/registry/collect",
    summary: "Collects the garbage of the registry, or tells what would be collected",
    answers: { 200: "{ pruned, uploads, blobs, bytes }" },
    body: COLLECTION,
    handle: async ({ body, signal }) => ok(await registry.collect({ ...body, signal })),
  }),
  route({
    method: "POST",
    path: "/slipway/v1/registry/scrub",
    summary: "Reads all content of the registry again and verifies it",
    answers: { 200: "{ manifests, blobs, bytes, problems }" },
    handle: async ({ signal }) => ok(await registry.scrub({ signal })),
  }),
];
