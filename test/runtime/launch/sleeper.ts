// Launches the request of its argument on /dev/null, prints the process's id and waits to be killed.
import { openSync } from "node:fs";
import { loadKernel } from "../../../native/binding.ts";
import { launcherPath } from "../../../native/launcher.ts";
import type { LaunchRequest } from "../../../runtime/launch/launcher.ts";
import { NativeLauncher } from "../../../runtime/launch/native-launcher.ts";

const request = JSON.parse(process.argv[2] ?? "") as LaunchRequest;
const fd = openSync("/dev/null", "r+");
const launcher = new NativeLauncher({
  kernel: loadKernel(),
  path: launcherPath(),
  compileSeccomp: () => Buffer.alloc(0),
});
const launched = await launcher.launch({
  ...request,
  io: { kind: "descriptors", stdin: fd, stdout: fd, stderr: fd },
});
await launched.go();
console.log(launched.pid);
await launched.exited();
