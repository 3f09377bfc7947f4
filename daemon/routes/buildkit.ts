import type { Duplex } from "node:stream";
import type { Engine } from "../../engine/api.ts";
import { BuildJobs } from "../buildkit/jobs.ts";
import { Sessions } from "../buildkit/sessions.ts";
import { type Route, route } from "../http/route.ts";
import { requireUpgrade } from "../http/upgraded.ts";

const PROTOCOL = "h2c";

/** The connections of clients that build by BuildKit: one they call over, and one over which they are called. */
export function buildkitRoutes(
  engine: Pick<Engine, "builds" | "buildHistory" | "buildDebugger" | "images">,
): readonly Route[] {
  const sessions = new Sessions();
  const jobs = new BuildJobs();
  let server: Promise<{ serve(socket: Duplex): void }> | undefined;
  const load = async () => {
    const { GrpcServer } = await import("../buildkit/grpc-server.ts");
    return new GrpcServer({ engine, jobs, sessions });
  };
  return [
    route({
      method: "POST",
      path: "/grpc",
      summary: "Opens a connection over which the client calls BuildKit's services",
      answers: { 101: "it speaks HTTP/2" },
      async handle({ headers }) {
        requireUpgrade(headers, PROTOCOL);
        server ??= load();
        const loaded = await server;
        return { protocol: PROTOCOL, take: (socket) => loaded.serve(socket) };
      },
    }),
    route({
      method: "POST",
      path: "/session",
      summary: "Opens a connection over which the client lends files and secrets to builds",
      answers: { 101: "it speaks HTTP/2" },
      refuses: [409],
      async handle({ headers }) {
        requireUpgrade(headers, PROTOCOL);
        return { protocol: PROTOCOL, take: await sessions.accept(headers) };
      },
    }),
  ];
}
