import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { Failure } from "../../core/errors.ts";
import { Fields } from "../../core/fields.ts";
import { defineCommand } from "../command.ts";
import { type ContextFiles, writeContext } from "../connection/context-store.ts";
import { DEFAULT_CONTEXT } from "../connection/docker-folder.ts";
import { type Context, print, warn } from "../context.ts";

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.+-]+$/;
const KEYS = ["host", "ca", "cert", "key", "skip-tls-verify"];

export const contextCreate = defineCommand({
  usage: "[OPTIONS] CONTEXT",
  flags: {
    description: { kind: "string", help: "Description of the context" },
    docker: {
      kind: "string",
      type: "fields",
      help: 'The daemon ("host=tcp://name:2376,ca=FILE,cert=FILE,key=FILE")',
    },
  },
  unsupported: ["from"],
  args: { min: 1, max: 1 },
  async run(context, [name = ""], { description = "", docker }) {
    if (name === DEFAULT_CONTEXT || !NAME.test(name)) {
      const want = `a name of [a-zA-Z0-9_.+-], two or more, that is not ${DEFAULT_CONTEXT}`;
      throw new Failure("OPTION_INVALID", { option: "the context's name", got: name, want });
    }
    const { host, skipVerify, files } = await readEndpoint(context, docker ?? "");
    await writeContext(context.env, { name, description, host, skipVerify }, files);
    await print(context, name);
    await warn(context, `Successfully created context ${JSON.stringify(name)}`);
    return 0;
  },
});

async function readEndpoint(
  { cwd }: Context,
  text: string,
): Promise<{ readonly host: string; readonly skipVerify: boolean; readonly files: ContextFiles }> {
  const fields = text === "" ? undefined : new Fields("--docker", text);
  const host = fields?.take("host") ?? "";
  if (fields === undefined || host === "")
    throw new Failure("OPTION_INVALID", {
      option: "--docker",
      got: text,
      want: "host=unix:///path or host=tcp://name:port",
    });
  const [ca, cert, key] = [fields.take("ca"), fields.take("cert"), fields.take("key")];
  const skipVerify = fields.boolean("skip-tls-verify") ?? false;
  fields.finish(KEYS);
  if ((cert === undefined) !== (key === undefined)) throw fields.invalid("cert and key together");
  const read = (file: string): Promise<Uint8Array> =>
    readFile(resolve(cwd, file)).catch((cause: Error) => {
      throw new Failure("TLS_FILE_INVALID", { file, why: cause.message }, { cause });
    });
  const files = {
    ...(ca === undefined ? {} : { "ca.pem": await read(ca) }),
    ...(cert === undefined ? {} : { "cert.pem": await read(cert) }),
    ...(key === undefined ? {} : { "key.pem": await read(key) }),
  };
  return { host, skipVerify, files };
}
