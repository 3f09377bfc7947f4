// Serves a registry until it is killed: server-process.ts <driver> <root>. Prints its port.
import { loadKernel } from "../../../native/binding.ts";
import { collectRegistry } from "../../../registry/care/collect.ts";
import { RegistryServer } from "../../../registry/server/registry-server.ts";
import { openEmbedded } from "../../../registry/storage/embedded.ts";
import { openFilesystem } from "../../../registry/storage/filesystem.ts";
import { openStore } from "../../../store/open-store.ts";

const [driver, root = ""] = process.argv.slice(2);
const storage =
  driver === "embedded"
    ? openEmbedded(await openStore(root, { kernel: loadKernel() }))
    : openFilesystem(root);
const server = new RegistryServer({ storage, report: (line) => process.stderr.write(`${line}\n`) });
const { port } = await server.listen({ host: "127.0.0.1", port: 0 });
process.stdout.write(`${port}\n`);
for (;;) {
  await collectRegistry(storage, { graceMs: 2_000, uploadMs: 3_600_000, untagged: true, dryRun: false });
  await new Promise((resolve) => setTimeout(resolve, 100));
}
