import type { Document } from "../../core/document.ts";
import { isCode } from "../../core/errors.ts";
import { hostPlatform } from "../../core/platform.ts";
import { API_VERSION, VERSION } from "../../core/version.ts";
import { defineCommand } from "../command.ts";
import { activeContext } from "../connection/choose.ts";
import { DEFAULT_CONTEXT } from "../connection/docker-folder.ts";
import { type ConnectOptions, print } from "../context.ts";
import { DOCUMENT_FORMAT_FLAG, printDocument } from "../document.ts";

export const version = defineCommand({
  usage: "[OPTIONS]",
  flags: { format: DOCUMENT_FORMAT_FLAG, short: { kind: "bool", hidden: true, help: "Print one line" } },
  args: { min: 0, max: 0 },
  async run(context, _args, { format, short }) {
    if (short) {
      await print(context, `Slipway version ${VERSION}`);
      return 0;
    }
    const client = clientOf(context.connection);
    const show = (server: Document | null) =>
      printDocument(context, { Client: client, Server: server }, format, () =>
        [`Client:\n${clientText(client)}`, ...(server ? [serverText(server)] : [])].join("\n\n"),
      );
    try {
      const { system } = await context.engine();
      await show(withGoName(await system.version()));
      return 0;
    } catch (error) {
      // As docker does: whom no daemon answers wants to know the client's all the same.
      if (isCode(error, "DAEMON_UNREACHABLE")) await show(null);
      throw error;
    }
  },
});

function clientOf({ daemon, env }: ConnectOptions): Document {
  const named = daemon.host || env["DOCKER_HOST"] ? DEFAULT_CONTEXT : daemon.context || activeContext(env);
  const { os, architecture } = hostPlatform();
  return withGoName({
    Version: VERSION,
    ApiVersion: API_VERSION,
    DefaultAPIVersion: API_VERSION,
    NodeVersion: process.versions.node,
    Os: os,
    Arch: architecture,
    Context: named,
  });
}

/** Templates know the field by the name it has in docker's program, JSON by that of the API. */
const withGoName = (document: Document): Document =>
  Object.defineProperty({ ...document }, "APIVersion", { value: document["ApiVersion"] });

const platformOf = ({ Os: os, Arch: architecture }: Document): string =>
  [os, architecture].map(String).join("/");

const clientText = (client: Document): string =>
  linesOf(" ", [
    ["Version", client["Version"]],
    ["API version", client["ApiVersion"]],
    ["Node version", client["NodeVersion"]],
    ["OS/Arch", platformOf(client)],
    ["Context", client["Context"]],
  ]);

function serverText(server: Document): string {
  const { Name: platform } = (server["Platform"] ?? {}) as { readonly Name?: string };
  const engine = linesOf("  ", [
    ["Version", server["Version"]],
    ["API version", `${String(server["ApiVersion"])} (minimum version ${String(server["MinAPIVersion"])})`],
    ["Node version", server["NodeVersion"]],
    ["Go version", server["GoVersion"]],
    ["Kernel version", server["KernelVersion"]],
    ["OS/Arch", platformOf(server)],
  ]);
  return `Server:${platform ? ` ${platform}` : ""}\n Engine:\n${engine}`;
}

const WIDTH = 20;

const linesOf = (indent: string, rows: readonly (readonly [name: string, value: unknown])[]): string =>
  rows
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${`${indent}${name}:`.padEnd(WIDTH)}${String(value)}`)
    .join("\n");
