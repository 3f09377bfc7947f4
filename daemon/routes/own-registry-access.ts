import * as z from "zod";
import type { RegistryAccessService, RegistryService } from "../../engine/api.ts";
import { created, NO_CONTENT, ok } from "../http/call.ts";
import * as param from "../http/param.ts";
import { type Route, route } from "../http/route.ts";

// Whom a change is about is said in the query, which the audit line has; passwords are in bodies, which nobody logs.

const GRANT = z.strictObject({
  repositories: z.array(z.string()),
  actions: z.array(z.enum(["pull", "push", "delete", "catalog"])),
});
const USER = z.strictObject({ password: z.string(), grants: z.array(GRANT) });
const TOKEN = z.strictObject({
  grants: z.array(GRANT),
  expiresAt: z.iso
    .datetime()
    .transform((text) => new Date(text))
    .exactOptional(),
});
type Access = () => Promise<RegistryAccessService>;

/** Who may use the built-in registry. */
export const ownRegistryAccessRoutes = (registry: RegistryService): readonly Route[] => {
  const access = () => registry.access();
  return [...userRoutes(access), ...ruleRoutes(access), ...tokenRoutes(access)];
};

const userRoutes = (access: Access): readonly Route[] => [
  route({
    method: "GET",
    path: "/slipway/v1/registry/users",
    summary: "Lists the users of the registry with their rights",
    answers: { 200: "a list of { name, grants }" },
    handle: async () => ok(await (await access()).users()),
  }),
  route({
    method: "POST",
    path: "/slipway/v1/registry/users",
    summary: "Adds a user of the registry, or gives one another password and more rights",
    answers: { 200: "{ isNew }" },
    refuses: [409],
    query: z.object({ name: param.requiredText }),
    body: USER,
    handle: async ({ query: { name }, body }) =>
      ok({ isNew: await (await access()).addUser({ name, ...body }) }),
  }),
  route({
    method: "DELETE",
    path: "/slipway/v1/registry/users",
    summary: "Removes a user of the registry with the rules that name it",
    answers: { 204: "it is removed" },
    refuses: [404],
    query: z.object({ name: param.requiredText }),
    async handle({ query: { name } }) {
      await (await access()).removeUser(name);
      return NO_CONTENT;
    },
  }),
];

const ruleRoutes = (access: Access): readonly Route[] => [
  route({
    method: "GET",
    path: "/slipway/v1/registry/rules",
    summary: "Lists the rules of who may do what in the registry",
    answers: { 200: "a list of { users, repositories, actions }" },
    handle: async () => ok(await (await access()).rules()),
  }),
  route({
    method: "POST",
    path: "/slipway/v1/registry/rules",
    summary: "Allows users of the registry more",
    answers: { 204: "it is allowed" },
    query: z.object({ user: param.list }),
    body: GRANT,
    async handle({ query: { user: users }, body }) {
      await (await access()).allow({ users, ...body });
      return NO_CONTENT;
    },
  }),
  route({
    method: "DELETE",
    path: "/slipway/v1/registry/rules",
    summary: "Takes away what rules give a user of the registry, or what they give for some patterns",
    answers: { 204: "it is taken away" },
    refuses: [404],
    query: z.object({ user: param.requiredText, repository: param.list }),
    async handle({ query: { user, repository: patterns } }) {
      await (await access()).disallow(user, patterns);
      return NO_CONTENT;
    },
  }),
];

const tokenRoutes = (access: Access): readonly Route[] => [
  route({
    method: "GET",
    path: "/slipway/v1/registry/tokens",
    summary: "Lists the passwords of machines for the registry, without the passwords",
    answers: { 200: "a list of { name, createdAt, expiresAt, grants }" },
    handle: async () => ok(await (await access()).tokens()),
  }),
  route({
    method: "POST",
    path: "/slipway/v1/registry/tokens",
    summary: "Makes a password of a machine for the registry, which is told this once",
    answers: { 201: "{ secret }" },
    refuses: [409],
    query: z.object({ name: param.requiredText }),
    body: TOKEN,
    handle: async ({ query: { name }, body }) =>
      created({ secret: await (await access()).createToken({ name, ...body }) }),
  }),
  route({
    method: "DELETE",
    path: "/slipway/v1/registry/tokens",
    summary: "Revokes the password of a machine",
    answers: { 204: "it is revoked" },
    refuses: [404],
    query: z.object({ name: param.requiredText }),
    async handle({ query: { name } }) {
      await (await access()).revokeToken(name);
      return NO_CONTENT;
    },
  }),
];
