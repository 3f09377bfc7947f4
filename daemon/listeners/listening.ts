import type { ListenOptions, Server } from "node:net";
import { Failure } from "../../core/errors.ts";

const WHY: Readonly<Record<string, string>> = {
  EADDRINUSE: "address already in use",
  EACCES: "permission denied",
  EADDRNOTAVAIL: "cannot assign requested address",
  ENOTFOUND: "no such host",
};

/** Resolves once a server listens. Rejects with PORT_TAKEN when it cannot. */
export async function listening(
  server: Server,
  options: ListenOptions & { readonly fd?: number },
): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(options, () => {
        server.off("error", reject);
        resolve();
      });
    });
  } catch (cause) {
    const why = WHY[(cause as NodeJS.ErrnoException).code ?? ""];
    if (why === undefined) throw cause;
    const { path, host = "", port } = options;
    throw new Failure("PORT_TAKEN", { binding: path ?? `${host}:${port}`, why }, { cause });
  }
}
