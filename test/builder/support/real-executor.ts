import type { Executor } from "../../../builder/ports.ts";
import { loadKernel } from "../../../native/binding.ts";
import { launcherPath } from "../../../native/launcher.ts";
import { createControlGroups } from "../../../runtime/cgroups/host-control-groups.ts";
import { NativeLauncher } from "../../../runtime/launch/native-launcher.ts";
import { openNetworks } from "../../../runtime/network/open-networks.ts";
import { createSeccompCompiler } from "../../../runtime/seccomp/compile.ts";
import { resolveBuiltin } from "../../../runtime/seccomp/resolve.ts";
import { readHostFacts } from "../../../runtime/spec/host-facts.ts";
import { createTransientRunner } from "../../../runtime/transient.ts";
import type { Store } from "../../../store/types.ts";

/** Runs steps in real containers, as the engine does. */
export function realExecutor(store: Store): Executor & AsyncDisposable {
  const kernel = loadKernel();
  const networks = openNetworks(store, kernel);
  const launcher = new NativeLauncher({
    kernel,
    path: launcherPath(),
    compileSeccomp: createSeccompCompiler({ kernel, cacheDir: store.paths.seccomp }),
  });
  const cgroups = createControlGroups(kernel);
  const runner = createTransientRunner({
    kernel,
    launcher,
    networks,
    trees: store.trees,
    cgroups,
    host: readHostFacts(cgroups.namespaces),
    seccomp: resolveBuiltin,
  });
  return {
    run: (request, options) => runner.run(request, options),
    [Symbol.asyncDispose]: () => runner[Symbol.asyncDispose](),
  };
}
