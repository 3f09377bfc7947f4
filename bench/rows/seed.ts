import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { BASE } from "../contender.ts";
import type { Row } from "../row.ts";

const INSTALL = "apt-get update && apt-get install -y nginx";
const PAGE = "echo hello > /usr/share/nginx/html/index.html";

/** What a real image costs: a static web server from packages. The plain chroot runs the same commands. */
export const seed: Row = {
  name: "seed",
  prepare: (context) =>
    writeFileSync(
      join(context, "Dockerfile"),
      `FROM ${BASE}\nMAINTAINER bench <bench@example.org>\nRUN ${INSTALL}\nRUN ${PAGE}\nEXPOSE 80\n`,
    ),
  command: (contender, context) =>
    contender.seed?.(`${INSTALL} && ${PAGE}`) ?? contender.build?.(context, { cache: false }),
};
