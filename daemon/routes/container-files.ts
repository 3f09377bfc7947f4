import * as z from "zod";
import type { ContainerService, PathStat } from "../../engine/api.ts";
import { ok } from "../http/call.ts";
import * as param from "../http/param.ts";
import { type Route, route } from "../http/route.ts";

/** Docker Engine API 1.51 "ChangeType". */
const KINDS = { modified: 0, added: 1, deleted: 2 } as const;

const PATH_QUERY = z.object({ path: param.requiredText });

/** What containers' root filesystems hold. */
export const containerFileRoutes = (containers: ContainerService): readonly Route[] => [
  route({
    method: "HEAD",
    path: "/containers/:id/archive",
    summary: "Tells what is at a path in a container",
    answers: { 200: "X-Docker-Container-Path-Stat: base64 of JSON" },
    refuses: [404],
    query: PATH_QUERY,
    handle: async ({ params: { id }, query: { path } }) => ({
      status: 200,
      headers: statHeader(await containers.statPath(id, path)),
    }),
  }),
  route({
    method: "GET",
    path: "/containers/:id/archive",
    summary: "Reads a path of a container as a tar",
    answers: { 200: "a tar" },
    refuses: [404],
    query: PATH_QUERY,
    async handle({ params: { id }, query: { path }, signal }) {
      const { stat, tar } = await containers.readArchive(id, path, { signal });
      return {
        status: 200,
        headers: { "content-type": "application/x-tar", ...statHeader(stat) },
        stream: tar,
      };
    },
  }),
  route({
    method: "PUT",
    path: "/containers/:id/archive",
    summary: "Unpacks a tar in a folder of a container",
    answers: { 200: "it is unpacked" },
    refuses: [403, 404],
    takes: "application/x-tar",
    query: PATH_QUERY.extend({ noOverwriteDirNonDir: param.flag(), copyUIDGID: param.flag() }),
    async handle({ params: { id }, query: { path, noOverwriteDirNonDir, copyUIDGID }, stream, signal }) {
      const options = { copyOwner: copyUIDGID, keepDirectories: noOverwriteDirNonDir, signal };
      await containers.writeArchive(id, path, stream, options);
      return { status: 200 };
    },
  }),
  route({
    method: "GET",
    path: "/containers/:id/export",
    summary: "Reads the root filesystem of a container as a tar",
    answers: { 200: "a tar" },
    refuses: [404],
    async handle({ params: { id }, signal }) {
      // Found out before the answer begins.
      const { id: container } = await containers.get(id);
      const stream = containers.export(container, { signal });
      return { status: 200, headers: { "content-type": "application/octet-stream" }, stream };
    },
  }),
  route({
    method: "GET",
    path: "/containers/:id/changes",
    summary: "Lists what a container changed in its root filesystem",
    answers: { 200: "FilesystemChange, a list" },
    refuses: [404],
    async handle({ params: { id } }) {
      const changes = await containers.changes(id);
      return ok(changes.map(({ path, kind }) => ({ Path: path, Kind: KINDS[kind] })));
    },
  }),
];

const statHeader = (stat: PathStat) => ({
  "x-docker-container-path-stat": Buffer.from(JSON.stringify(stat)).toString("base64"),
});
