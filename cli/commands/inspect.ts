import type { Document } from "../../core/document.ts";
import { Failure, isKind } from "../../core/errors.ts";
import type { Engine } from "../../engine/api.ts";
import { type Command, defineCommand } from "../command.ts";
import { type Context, print } from "../context.ts";
import { DOCUMENT_FORMAT_FLAG } from "../document.ts";
import { exitCodeOf, printError } from "../errors.ts";
import { renderTemplate } from "../format/template.ts";

type Look = (engine: Engine, name: string, options: { readonly size: boolean }) => Promise<Document>;

/** Kinds of objects in the order docker tries them. */
const KINDS: Readonly<Record<string, Look>> = {
  container: ({ containers }, name, options) => containers.inspect(name, options),
  image: ({ images }, name) => images.inspect(name),
  network: ({ networks }, name) => networks.inspect(name),
  volume: ({ volumes }, name) => volumes.inspect(name),
};

export const inspectContainer = inspectOne("container", "CONTAINER");
export const inspectImage = inspectOne("image", "IMAGE");
export const inspectNetwork = inspectOne("network", "NETWORK");
export const inspectVolume = inspectOne("volume", "VOLUME");

export const inspect = defineCommand({
  usage: "[OPTIONS] NAME|ID [NAME|ID...]",
  flags: {
    format: DOCUMENT_FORMAT_FLAG,
    size: { kind: "bool", short: "s", help: "Display total file sizes if the type is container" },
    type: { kind: "string", help: "Only inspect objects of the given type" },
  },
  args: { min: 1 },
  async run(context, args, { format, size, type }) {
    if (type !== undefined && !Object.hasOwn(KINDS, type)) {
      const want = Object.keys(KINDS).join(", ");
      throw new Failure("OPTION_INVALID", { option: "--type", got: type, want });
    }
    const looks = type === undefined ? Object.values(KINDS) : [KINDS[type] as Look];
    return printDocuments(context, args, format, (engine, name) => lookAll(looks, engine, name, size));
  },
});

function inspectOne(kind: keyof typeof KINDS, argument: string): Command {
  const look = KINDS[kind] as Look;
  return defineCommand({
    usage: `[OPTIONS] ${argument} [${argument}...]`,
    flags: {
      format: DOCUMENT_FORMAT_FLAG,
      ...(kind === "container"
        ? { size: { kind: "bool", short: "s", help: "Display total file sizes" } }
        : {}),
    },
    args: { min: 1 },
    completes: kind as "container",
    run: (context, args, flags) =>
      printDocuments(context, args, flags["format"] as string | undefined, (engine, name) =>
        look(engine, name, { size: flags["size"] === true }),
      ),
  } as Command);
}

/** The first kind that knows the name. */
async function lookAll(
  looks: readonly Look[],
  engine: Engine,
  name: string,
  size: boolean,
): Promise<Document> {
  for (const look of looks) {
    try {
      return await look(engine, name, { size });
    } catch (error) {
      if (!isKind(error, "not-found")) throw error;
    }
  }
  throw new Failure("OBJECT_UNKNOWN", { name });
}

/** Prints what was found even when a name fails; an array of documents, or each through the template. */
async function printDocuments(
  context: Context,
  names: readonly string[],
  format: string | undefined,
  look: (engine: Engine, name: string) => Promise<Document>,
): Promise<number> {
  const engine = await context.engine();
  const documents: Document[] = [];
  const errors: unknown[] = [];
  for (const name of names)
    await look(engine, name).then(
      (found) => documents.push(found),
      (error) => errors.push(error),
    );
  if (format === undefined || format === "") await print(context, JSON.stringify(documents, undefined, 4));
  else
    for (const document of documents)
      await print(context, format === "json" ? JSON.stringify(document) : renderTemplate(format, document));
  for (const error of errors) await printError(context, error);
  return errors.length === 0 ? 0 : exitCodeOf(errors[0]);
}
