import type { ResolvedDockerfile, ResolvedStep, Source } from "../dockerfile/resolved.ts";

/** An image that files are taken from, and the first step that does. */
export interface CopiedImage {
  readonly image: Extract<Source, { readonly kind: "image" }>;
  readonly step: ResolvedStep;
}

/** The images that steps copy or mount from; the bases of stages are known by then. */
export function copiedImages({ stages }: ResolvedDockerfile): readonly CopiedImage[] {
  const all = stages.flatMap(({ steps }) =>
    steps.flatMap((step) =>
      sourcesOf(step).flatMap((image): CopiedImage[] => (image.kind === "image" ? [{ image, step }] : [])),
    ),
  );
  const keyOf = ({ image }: CopiedImage): string => `${image.reference} ${JSON.stringify(image.platform)}`;
  return all.filter((one, index) => all.findIndex((other) => keyOf(other) === keyOf(one)) === index);
}

function sourcesOf(step: ResolvedStep): readonly Source[] {
  if (step.kind === "copy") return [step.from];
  return step.kind === "run" ? step.mounts.map(({ of }) => of) : [];
}
