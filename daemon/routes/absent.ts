import { Failure } from "../../core/errors.ts";
import { ok } from "../http/call.ts";
import { type Method, type Route, route } from "../http/route.ts";

const METHODS: readonly Method[] = ["GET", "POST", "DELETE"];
const SWARM = ["/swarm", "/nodes", "/services", "/tasks", "/secrets", "/configs"];

const notInSwarm = async (): Promise<never> => {
  throw new Failure("SWARM_INACTIVE", {});
};
const noPlugin = async ({
  params: { name },
}: {
  readonly params: { readonly name: string };
}): Promise<never> => {
  throw new Failure("PLUGIN_UNKNOWN", { plugin: name });
};

/** What an engine answers that is in no swarm and has no plugins. */
export const absentRoutes = (): readonly Route[] => [
  route({
    method: "POST",
    path: "/swarm/leave",
    summary: "Leaves the swarm",
    answers: {},
    refuses: [503],
    async handle() {
      throw new Failure("SWARM_ABSENT", {});
    },
  }),
  ...METHODS.flatMap((method) => SWARM.flatMap((path) => swarmRoutes(method, path))),
  route({
    method: "GET",
    path: "/plugins",
    summary: "Lists plugins",
    answers: { 200: "none" },
    handle: async () => ok([]),
  }),
  route({
    method: "GET",
    path: "/plugins/*name/json",
    summary: "Inspects a plugin",
    answers: {},
    refuses: [404],
    handle: noPlugin,
  }),
  route({
    method: "POST",
    path: "/plugins/*name/enable",
    summary: "Enables a plugin",
    answers: {},
    refuses: [404],
    handle: noPlugin,
  }),
  route({
    method: "POST",
    path: "/plugins/*name/disable",
    summary: "Disables a plugin",
    answers: {},
    refuses: [404],
    handle: noPlugin,
  }),
  route({
    method: "DELETE",
    path: "/plugins/*name",
    summary: "Removes a plugin",
    answers: {},
    refuses: [404],
    handle: noPlugin,
  }),
  route({
    method: "POST",
    path: "/plugins/pull",
    summary: "Installs a plugin",
    answers: {},
    async handle() {
      throw new Failure("OPTION_UNSUPPORTED", { option: "installing a plugin" });
    },
  }),
  route({
    method: "GET",
    path: "/plugins/privileges",
    summary: "Lists what a plugin wants to be allowed",
    answers: {},
    async handle() {
      throw new Failure("OPTION_UNSUPPORTED", { option: "installing a plugin" });
    },
  }),
];

const swarmRoutes = (method: Method, path: string): readonly Route[] => {
  const row = {
    method,
    summary: "Is for a swarm, and this engine is in none",
    answers: {},
    refuses: [503],
  } as const;
  return [
    route({ ...row, path, handle: notInSwarm }),
    route({ ...row, path: `${path}/*rest`, handle: notInSwarm }),
  ];
};
