import { referrerOf } from "../../image/attestations/statement.ts";
import type { Store } from "../../store/types.ts";
import type { ImageAttestation } from "../api.ts";

/** What is attested of an image, with the manifests that refer to the one it has here. Throws IMAGE_UNKNOWN, IMAGE_AMBIGUOUS. */
export async function attestationsOf(
  { images, attestations }: Pick<Store, "images" | "attestations">,
  text: string,
): Promise<readonly ImageAttestation[]> {
  const { id, manifest } = images.get(text);
  return (await attestations.read(id)).map(({ kind, ...predicate }) => {
    const { blob } = referrerOf(manifest, predicate).manifest;
    const document = JSON.parse(predicate.document.toString("utf8")) as unknown;
    return {
      kind,
      type: predicate.type,
      digest: blob.digest,
      bytes: predicate.document.byteLength,
      document,
    };
  });
}
