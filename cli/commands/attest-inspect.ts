import { Failure } from "../../core/errors.ts";
import type { ImageAttestation } from "../../engine/api.ts";
import { defineCommand } from "../command.ts";
import { DOCUMENT_FORMAT_FLAG, printDocument } from "../document.ts";

/** Where the templates of `docker buildx imagetools inspect` find each kind. */
const PLACES: Readonly<Record<ImageAttestation["kind"], readonly [outer: string, inner: string]>> = {
  provenance: ["Provenance", "SLSA"],
  sbom: ["SBOM", "SPDX"],
};

export const attestInspect = defineCommand({
  usage: "[OPTIONS] IMAGE",
  flags: { format: DOCUMENT_FORMAT_FLAG },
  args: { min: 1, max: 1 },
  completes: "image",
  async run(context, [image = ""], { format }) {
    const { images } = await context.engine();
    const found = await images.attestations(image);
    if (found.length === 0) throw new Failure("ATTESTATION_UNKNOWN", { image });
    const document = documentOf(found);
    await printDocument(context, document, format, () => JSON.stringify(document, undefined, 2));
    return 0;
  },
});

const documentOf = (found: readonly ImageAttestation[]): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    found.map(({ kind, document }) => {
      const [outer, inner] = PLACES[kind];
      return [outer, { [inner]: document }];
    }),
  );
