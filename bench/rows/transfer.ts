import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "../contender.ts";
import type { Row } from "../row.ts";
import { refreshBig, writeBig } from "./big.ts";
import { refreshSmall, writeSmall } from "./small.ts";

/** What the image of a transfer is made of: nothing but the one layer that is measured. */
interface Content {
  readonly name: string;
  readonly write: (context: string) => void;
  /** Changes a few bytes, so that no registry and no client has seen the layer before. */
  readonly refresh: (context: string) => void;
}

const dockerfile = (context: string, copy: string): void =>
  writeFileSync(join(context, "Dockerfile"), `FROM scratch\n${copy}\n`);

const CONTENTS: readonly Content[] = [
  {
    name: "small",
    write: (context) => {
      writeSmall(context);
      dockerfile(context, "COPY files /files");
    },
    refresh: refreshSmall,
  },
  {
    name: "big",
    write: (context) => {
      writeBig(context);
      dockerfile(context, "COPY big /big");
    },
    refresh: refreshBig,
  },
];

const present = (commands: readonly (Command | undefined)[]): readonly Command[] =>
  commands.filter((command) => command !== undefined);

function row(name: string, content: Content, parts: Pick<Row, "before" | "command" | "after">): Row {
  return {
    name,
    context: `transfer ${content.name}`,
    prepare: content.write,
    refresh: content.refresh,
    ...parts,
  };
}

/** Push of an image that was just built, to a registry of this machine. */
const push = (content: Content): Row =>
  row(`push ${content.name}`, content, {
    before: ({ transfer }, context) => present([transfer?.build(context)]),
    command: ({ transfer }) => transfer?.push(),
    after: ({ transfer }) => transfer?.forget() ?? [],
  });

/** Pull of an image that the client has never seen, which another has pushed. */
const pull = (content: Content): Row =>
  row(`pull ${content.name}`, content, {
    before: ({ transfer }, context, { transfer: other }) => {
      return transfer === undefined || other === undefined
        ? []
        : [other.build(context), other.push(), ...other.forget(), ...transfer.forget()];
    },
    command: ({ transfer }) => transfer?.pull(),
    after: ({ transfer }) => transfer?.forget() ?? [],
  });

/** Push to the registry that the state root is itself. */
const pushOwn = (content: Content): Row =>
  row(`push ${content.name} to the own registry`, content, {
    before: ({ ownRegistry }, context) => present([ownRegistry?.build(context)]),
    command: ({ ownRegistry }) => ownRegistry?.push(),
  });

/** What images cost on their way to a registry of this machine and back. */
export const transfers: readonly Row[] = CONTENTS.flatMap((content) => [
  push(content),
  pull(content),
  pushOwn(content),
]);
