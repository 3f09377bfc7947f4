import { defineCommand } from "../command.ts";
import { activeContext, type Env } from "../connection/choose.ts";
import {
  type DockerContext,
  metaFolder,
  readContext,
  tlsFilesOf,
  tlsFolder,
} from "../connection/context-store.ts";
import { defaultContext } from "../connection/default-context.ts";
import { DEFAULT_CONTEXT } from "../connection/docker-folder.ts";
import { print } from "../context.ts";
import { DOCUMENT_FORMAT_FLAG } from "../document.ts";
import { renderTemplate } from "../format/template.ts";

export const contextInspect = defineCommand({
  usage: "[OPTIONS] [CONTEXT] [CONTEXT...]",
  flags: { format: DOCUMENT_FORMAT_FLAG },
  args: { min: 0 },
  async run(context, args, { format }) {
    const { env } = context;
    const names = args.length > 0 ? args : [env["DOCKER_HOST"] ? DEFAULT_CONTEXT : activeContext(env)];
    const documents = names.map((name) => documentOf(env, name));
    if (format === undefined || format === "") await print(context, JSON.stringify(documents, undefined, 4));
    else
      for (const document of documents)
        await print(context, format === "json" ? JSON.stringify(document) : renderTemplate(format, document));
    return 0;
  },
});

function documentOf(env: Env, name: string): Readonly<Record<string, unknown>> {
  const isDefault = name === DEFAULT_CONTEXT;
  const found: DockerContext = isDefault ? defaultContext(env) : readContext(env, name);
  const files = tlsFilesOf(found);
  return {
    Name: found.name,
    Metadata: found.description === "" || isDefault ? {} : { Description: found.description },
    Endpoints: { docker: { Host: found.host, SkipTLSVerify: found.skipVerify } },
    TLSMaterial: files.length === 0 ? {} : { docker: files },
    Storage: isDefault
      ? { MetadataPath: "<IN MEMORY>", TLSPath: "<IN MEMORY>" }
      : { MetadataPath: metaFolder(env, name), TLSPath: tlsFolder(env, name) },
  };
}
