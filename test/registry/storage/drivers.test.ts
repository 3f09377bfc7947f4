import { loadKernel } from "../../../native/binding.ts";
import { openEmbedded } from "../../../registry/storage/embedded.ts";
import { openFilesystem } from "../../../registry/storage/filesystem.ts";
import { openStore } from "../../../store/open-store.ts";
import { type OpenedStorage, registryStorageSuite } from "../../suites/registry-storage-suite.ts";
import { Scratch } from "../../support/scratch.ts";
import { testedDriver } from "../../support/snapshot-driver.ts";

async function embedded(root: string): Promise<OpenedStorage> {
  const store = await openStore(root, { kernel: loadKernel(), ...testedDriver() });
  return {
    storage: openEmbedded(store),
    again: () => embedded(root),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

async function filesystem(root: string): Promise<OpenedStorage> {
  const storage = openFilesystem(root);
  return {
    storage,
    again: () => filesystem(root),
    [Symbol.asyncDispose]: () => storage[Symbol.asyncDispose](),
  };
}

/** On a directory that goes with it. */
const onScratch = (open: (root: string) => Promise<OpenedStorage>) => async (): Promise<OpenedStorage> => {
  const scratch = new Scratch();
  const opened = await open(scratch.join("root"));
  return {
    ...opened,
    async [Symbol.asyncDispose]() {
      await opened[Symbol.asyncDispose]();
      scratch[Symbol.dispose]();
    },
  };
};

registryStorageSuite("the engine's own store", onScratch(embedded));
registryStorageSuite("a directory of its own", onScratch(filesystem));
