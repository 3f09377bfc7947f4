import type { DaemonRig } from "./daemon-rig.ts";

export const USER = "ann";
export const PASSWORD = "correct horse";

/** A registry of its own storage that asks for a login. Returns its "host:port"; ends with the signal. */
export async function serveRegistry({ engine, slipway }: DaemonRig, signal: AbortSignal): Promise<string> {
  const access = await engine.registry.access();
  const grant = { repositories: ["**"], actions: ["pull", "push", "delete"] } as const;
  await access.addUser({ name: USER, password: PASSWORD, grants: [grant] });
  return new Promise((resolve, reject) => {
    const options = {
      host: "127.0.0.1",
      port: 0,
      directory: slipway.scratch.join("registry"),
      anonymous: false,
      anonymousPull: [],
      plainHttp: true,
      sparse: false,
      report: () => undefined,
      collectEveryMs: 0,
      graceMs: 0,
      maxUploads: 10,
    };
    engine.registry.serve(options, ({ address }) => resolve(address), signal).catch(reject);
  });
}
