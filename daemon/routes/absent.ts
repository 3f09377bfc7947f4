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
    async handle() {
      throw new Failure("SWARM_ABSENT", {});
    },
  }),
  ...METHODS.flatMap((method) => SWARM.flatMap((path) => swarmRoutes(method, path))),
  route({ method: "GET", path: "/plugins", handle: async () => ok([]) }),
  route({ method: "GET", path: "/plugins/*name/json", handle: noPlugin }),
  route({ method: "POST", path: "/plugins/*name/enable", handle: noPlugin }),
  route({ method: "POST", path: "/plugins/*name/disable", handle: noPlugin }),
  route({ method: "DELETE", path: "/plugins/*name", handle: noPlugin }),
  route({
    method: "POST",
    path: "/plugins/pull",
    async handle() {
      throw new Failure("OPTION_UNSUPPORTED", { option: "installing a plugin" });
    },
  }),
  route({
    method: "GET",
    path: "/plugins/privileges",
    async handle() {
      throw new Failure("OPTION_UNSUPPORTED", { option: "installing a plugin" });
    },
  }),
];

const swarmRoutes = (method: Method, path: string): readonly Route[] => [
  route({ method, path, handle: notInSwarm }),
  route({ method, path: `${path}/*rest`, handle: notInSwarm }),
];
