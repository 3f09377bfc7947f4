import type { RegistryService } from "../engine/api.ts";
import { lacks } from "./lacks.ts";

/** The built-in registry belongs to a state root, which a daemon keeps to itself. */
export const remoteRegistry: RegistryService = {
  serve: async () => {
    throw lacks("serving the registry");
  },
  access: async () => {
    throw lacks("managing who may use the registry");
  },
  collect: async () => {
    throw lacks("collecting the registry's garbage");
  },
  scrub: async () => {
    throw lacks("verifying the registry's content");
  },
};
