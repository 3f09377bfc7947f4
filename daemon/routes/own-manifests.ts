import * as z from "zod";
import type { DistributionService } from "../../engine/api.ts";
import { created, ok } from "../http/call.ts";
import * as param from "../http/param.ts";
import { type Route, route } from "../http/route.ts";
import { readRegistryAuth } from "../wire/registry-auth.ts";
import { readRegistryConfig } from "../wire/registry-config.ts";

const CREDENTIALS = "x-registry-config";

/** Manifests of registries and lists in the making, which Docker's client makes on its own side: Docker's API has no word of them. */
export const ownManifestRoutes = (distribution: DistributionService): readonly Route[] => [
  route({
    method: "GET",
    path: "/slipway/v1/manifests/*name",
    summary: "Tells the manifest that a name stands for: a list made here, else what its registry has",
    answers: { 200: "the manifest, as it is" },
    refuses: [401, 403, 404],
    async handle({ params: { name }, headers, signal }) {
      const credentials = readRegistryAuth(headers);
      const { raw } = await distribution.manifest(name, { credentials, signal });
      return {
        status: 200,
        headers: { "content-type": "application/octet-stream" },
        stream: wholeOf(raw),
      };
    },
  }),
  route({
    method: "PUT",
    path: "/slipway/v1/manifest-lists/*name",
    summary: "Makes a manifest list of images that registries have, or adds to it",
    answers: { 201: "{ name }" },
    refuses: [401, 403, 404, 409],
    query: z.object({ member: param.list, amend: param.flag() }),
    async handle({ params: { name }, query: { member: members, amend }, headers, signal }) {
      const credentials = readRegistryConfig(headers[CREDENTIALS]);
      return created({ name: await distribution.createList(name, members, { amend, credentials, signal }) });
    },
  }),
  route({
    method: "GET",
    path: "/slipway/v1/manifest-lists/*name/registries",
    summary: "Tells which registries a push of a manifest list asks",
    answers: { 200: "a list of names" },
    refuses: [404],
    handle: async ({ params: { name } }) => ok(await distribution.registriesOf(name)),
  }),
  route({
    method: "POST",
    path: "/slipway/v1/manifest-lists/*name/push",
    summary: "Pushes a manifest list, and what its repository lacks of its members",
    answers: { 200: "{ digest }" },
    refuses: [401, 403, 404],
    query: z.object({ purge: param.flag() }),
    async handle({ params: { name }, query: { purge }, headers, signal }) {
      const credentials = readRegistryConfig(headers[CREDENTIALS]);
      return ok({ digest: await distribution.pushList(name, { purge, credentials, signal }) });
    },
  }),
];

async function* wholeOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
